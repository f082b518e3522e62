package browser_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/patient-care-aggregator/aggregator/tests/harness"
)

// Somebody else sits down at a shared computer and goes back, and back again.
func TestGoingBackAfterSignOutShowsNothing(t *testing.T) {
	have := needTools(t)
	s := harness.Start(t)
	s.Consented("bella")
	for _, before := range [][]string{nil, {"/timeline"}, {"/timeline", "/consent"}} {
		b := open(browser(t, have), t, have, s.URL)
		b.signIn("bella", "agree")
		b.wantHeading("Your referrals") // the first page after the redirects of the sign-in
		for _, path := range before {
			b.visit(path)
		}
		b.press(`nav button`)
		b.do(chromedp.WaitVisible(`a[href^="/auth/login"]`))
		for range len(before) + 1 {
			b.back()
			if text := value[string](b, `document.body.innerText`); strings.Contains(text, "Your referrals") || strings.Contains(text, "CARDIO") || strings.Contains(text, "What you share") {
				t.Errorf("after %v, going back shows %s: %s", before, b.address(), text)
			}
		}
	}
}

// back presses the browser's own button. A page that the browser brings back from
// memory is never loaded, so that waiting for it ends the test.
func (b *tab) back() {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 15*time.Second)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.NavigateBack()); err != nil {
		b.t.Fatalf("the page before was brought back from memory: %v", err)
	}
}
