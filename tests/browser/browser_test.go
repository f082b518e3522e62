package browser_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

const axeFile = "node_modules/axe-core/axe.min.js"

// tools are what these tests need and the service does not.
type tools struct {
	chromium string // path
	axe      string // source
}

func needTools(t *testing.T) tools {
	t.Helper()
	missing := t.Skipf
	if os.Getenv("PCA_REQUIRE_BROWSER") != "" {
		missing = t.Fatalf
	}
	var found tools
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			found.chromium = path
			break
		}
	}
	if found.chromium == "" {
		missing("chromium is not installed: make browser installs it")
	}
	axe, err := os.ReadFile(axeFile)
	if err != nil {
		missing("axe-core is not installed: make browser installs it")
	}
	found.axe = string(axe)
	return found
}

// tab is one browser with nothing in it but what a test does there.
type tab struct {
	t    *testing.T
	ctx  context.Context
	base string
	axe  string
}

// browser starts a browser with an empty profile.
func browser(t *testing.T, have tools) context.Context {
	t.Helper()
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(have.chromium), chromedp.UserDataDir(t.TempDir()), chromedp.Headless, chromedp.NoSandbox,
		chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.Flag("disable-dev-shm-usage", true),
	}
	ctx, stop := chromedp.NewExecAllocator(context.WithoutCancel(t.Context()), options...)
	t.Cleanup(stop)
	ctx, leave := chromedp.NewContext(ctx)
	t.Cleanup(func() {
		if err := chromedp.Cancel(ctx); err != nil {
			t.Errorf("close the browser: %v", err)
		}
		leave()
	})
	if err := chromedp.Do(ctx); err != nil { // starts it; it lives as long as this context
		t.Fatal(err)
	}
	return ctx
}

// open opens a tab that shares nothing with any other, cookies least of all.
func open(running context.Context, t *testing.T, have tools, base string) *tab {
	t.Helper()
	ctx, leave := chromedp.NewContext(running, chromedp.WithNewBrowserContext())
	t.Cleanup(leave)
	b := &tab{t: t, ctx: ctx, base: base, axe: have.axe}
	b.do(chromedp.EmulateViewport(1280, 900)) // opens the tab, which lives as long as this context
	const patience = 2 * time.Minute
	var cancel context.CancelFunc
	b.ctx, cancel = context.WithTimeout(ctx, patience)
	t.Cleanup(cancel)
	return b
}

func (b *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, actions...); err != nil {
		b.t.Fatal(err)
	}
}

func (b *tab) visit(path string) {
	b.t.Helper()
	b.do(chromedp.Navigate(b.base + path))
}

// press clicks what leads to another page and waits until that is there.
func (b *tab) press(selector string) {
	b.t.Helper()
	if _, err := chromedp.RunResponse(b.ctx, chromedp.Click(selector)); err != nil {
		b.t.Fatalf("press %s: %v", selector, err)
	}
}

// tick clicks what stays on the page.
func (b *tab) tick(selector string) {
	b.t.Helper()
	b.do(chromedp.Click(selector))
}

// value evaluates an expression in the page.
func value[T any](b *tab, expression string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatal(err)
	}
	return v
}

func (b *tab) heading() string { return value[string](b, `document.querySelector("h1").innerText`) }

func (b *tab) address() string {
	return strings.TrimPrefix(value[string](b, `location.href`), b.base)
}

func (b *tab) wantHeading(want string) {
	b.t.Helper()
	if got := b.heading(); got != want {
		b.t.Fatalf("the page at %s is headed %q, want %q", b.address(), got, want)
	}
}

// signIn goes from the start page through NHS login's own pages.
func (b *tab) signIn(citizen, answer string) {
	b.t.Helper()
	b.visit("/")
	b.press(`main a.button`)
	b.tick(`#citizen-` + citizen)
	b.press(`button[value="` + answer + `"]`)
}

// agree ticks the first thing that is asked for.
func (b *tab) agree() {
	b.t.Helper()
	b.wantHeading("What you share")
	b.tick(`input[name="scopes"][value="timeline:read"]`)
	b.press(`form:has(input[name="scopes"]) button`)
}

// picture leaves a screenshot of the whole page where somebody asked for them.
func (b *tab) picture(name string) {
	b.t.Helper()
	folder := os.Getenv("PCA_SCREENSHOTS")
	if folder == "" {
		return
	}
	const lossless = 100
	png, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(lossless))
	if err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, name+".png"), png, 0o600); err != nil {
		b.t.Error(err)
	}
}
