// Package browser proves the pages in a real browser: the whole journey by mouse
// and keyboard, without a script of ours, and that everybody can use them.
//
// Chromium opens each page at 1280 and at 320 px, which is also 400 % zoom, and
// axe-core judges it by WCAG 2.1 AA and its own best practice. Without chromium
// or axe-core (`make browser` installs both) the tests skip, saying so; where
// PCA_REQUIRE_BROWSER is set they fail. With PCA_SCREENSHOTS set to a folder they
// leave a picture of each page there, for a person to look at.
package browser
