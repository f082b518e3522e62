package browser_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/patient-care-aggregator/aggregator/tests/harness"
)

// TestEverybodyCanUseEveryPage opens each page as a citizen meets it.
func TestEverybodyCanUseEveryPage(t *testing.T) {
	have := needTools(t)
	s := harness.Start(t)
	running := browser(t, have)
	consented := func(b *tab, citizen string) {
		b.signIn(citizen, "agree")
		if b.heading() == "What you share" {
			b.agree()
		}
		b.wantHeading("Your referrals")
	}
	for _, page := range []struct {
		name string
		open func(b *tab)
	}{
		{"start", func(b *tab) { b.visit("/") }},
		{"not-found", func(b *tab) { b.visit("/no-such-page") }},
		{"sharing-declined", func(b *tab) { b.signIn("bella", "decline") }},
		{"consent-asking", func(b *tab) { b.signIn("bella", "agree") }},
		{"consent-nothing-ticked", func(b *tab) {
			b.signIn("tariq", "agree")
			b.press(`form:has(input[name="scopes"]) button`)
		}},
		{"consent-given", func(b *tab) {
			consented(b, "bella")
			b.visit("/consent")
		}},
		{"consent-stopped", func(b *tab) {
			consented(b, "bella")
			b.visit("/consent")
			b.press(`button.stop`)
		}},
		{"timeline-sunny", func(b *tab) { consented(b, "sunny") }},
		{"timeline-eleni", func(b *tab) { consented(b, "eleni") }},
		{"timeline-gus", func(b *tab) { consented(b, "gus") }},
		{"timeline-nora", func(b *tab) { consented(b, "nora") }},
		{"timeline-wren", func(b *tab) { consented(b, "wren") }},
		{"signed-out", func(b *tab) {
			consented(b, "nora")
			b.press(`nav button`)
		}},
	} {
		t.Run(page.name, func(t *testing.T) {
			b := open(running, t, have, s.URL)
			page.open(b)
			for _, width := range []int64{1280, 375, 320} {
				const height = 900
				b.do(chromedp.EmulateViewport(width, height))
				b.picture(fmt.Sprintf("%s-%d", page.name, width))
				for _, violation := range b.violations() {
					t.Errorf("%d px wide: %s", width, violation)
				}
				if wide := value[int64](b, `document.documentElement.scrollWidth`); wide > width {
					t.Errorf("%d px wide: the page is %d px wide, so people have to scroll sideways", width, wide)
				}
				if small := value[[]string](b, tooSmall); len(small) > 0 {
					t.Errorf("%d px wide: too small to read: %s", width, strings.Join(small, "; "))
				}
			}
		})
	}
}

// violations are what axe-core finds.
func (b *tab) violations() []string {
	b.t.Helper()
	b.do(chromedp.Evaluate[chromedp.Void](b.axe))
	return value[[]string](b, runAxe)
}

const runAxe = `axe.run(document, {
	preload: false,
	resultTypes: ["violations"],
	runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"],
}).then(r => r.violations.flatMap(v => v.nodes.map(n => v.id + ": " + n.target + ": " + n.failureSummary)))`

// tooSmall lists text below 16 px and headings below 20 px (NHS login's no-consent
// page asks for that; here it holds for all).
const tooSmall = `[...document.querySelectorAll("body *")].filter(e =>
	[...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) &&
	parseFloat(getComputedStyle(e).fontSize) < (/^H[1-6]$/.test(e.tagName) ? 20 : 16)
).map(e => e.tagName + " " + e.innerText.slice(0, 40))`
