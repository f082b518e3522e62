package browser_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/patient-care-aggregator/aggregator/tests/harness"
)

func TestACitizensWholeJourney(t *testing.T) {
	have := needTools(t)
	s := harness.Start(t)
	b := open(browser(t, have), t, have, s.URL)

	b.signIn("sunny", "agree")
	if got := b.address(); got != "/consent?return_to=%2Ftimeline" {
		t.Fatalf("after signing in: %s", got)
	}
	if value[bool](b, `document.querySelector('input[name="scopes"]').checked`) {
		t.Error("a box is ticked before the citizen ticked it")
	}
	b.agree()
	b.wantHeading("Your referrals")
	if !strings.Contains(value[string](b, `document.querySelector("main").innerText`), "2 referrals need you to do something") {
		t.Error("the summary is not on the page")
	}

	b.press(`form[action="/timeline/refresh"] button`)
	b.wantHeading("Your referrals")
	if got := b.address(); got != "/timeline" {
		t.Errorf("after checking again: %s", got)
	}

	b.press(`nav a[href="/consent"]`)
	b.press(`button.stop`)
	b.visit("/timeline")
	b.wantHeading("What you share")

	b.press(`nav button`)
	if text := value[string](b, `document.querySelector("main").innerText`); !strings.Contains(text, "You are signed out.") {
		t.Error("nothing says that the citizen is signed out")
	}
	b.visit("/timeline")
	if !strings.HasPrefix(b.address(), s.Sandbox.Endpoints().NHSLoginIssuer) {
		t.Errorf("a page opened after sign-out leads to %s", b.address())
	}
}

func TestNobodyNeedsAMouse(t *testing.T) {
	have := needTools(t)
	s := harness.Start(t)
	b := open(browser(t, have), t, have, s.URL)
	b.visit("/")

	b.do(chromedp.KeyEvent(kb.Tab))
	if got := value[string](b, `document.activeElement.innerText`); got != "Skip to main content" {
		t.Fatalf("the first thing that takes the focus is %q", got)
	}
	if left := value[float64](b, `document.activeElement.getBoundingClientRect().left`); left < 0 {
		t.Error("the skip link cannot be seen while it has the focus")
	}
	b.do(chromedp.KeyEvent(kb.Enter))
	if got := value[string](b, `document.activeElement.id`); got != "main" {
		t.Errorf("the skip link leads to %q", got)
	}
	b.do(chromedp.KeyEvent(kb.Tab))
	if got := value[string](b, `document.activeElement.innerText`); got != "Sign in with NHS login" {
		t.Errorf("after the skip link comes %q", got)
	}
	if got := value[string](b, `getComputedStyle(document.activeElement).backgroundColor`); got != "rgb(255, 235, 59)" {
		t.Errorf("what has the focus is marked by the colour %s", got)
	}
}

func TestPagesRunNoScript(t *testing.T) {
	have := needTools(t)
	s := harness.Start(t)
	b := open(browser(t, have), t, have, s.URL)
	b.visit("/")
	if value[bool](b, `(() => {
		const script = document.createElement("script");
		script.textContent = "window.ran = true";
		document.body.append(script);
		return window.ran === true;
	})()`) {
		t.Error("a script that was slipped in ran")
	}
}
