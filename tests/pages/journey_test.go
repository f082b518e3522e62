package pages_test

import (
	"net/http"
	"net/url"
	"regexp"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/tests/harness"
)

func TestACitizensJourneyInPages(t *testing.T) {
	t.Parallel()
	s := start(t)
	p := s.Person(t)

	page := p.Open("/")
	harness.Page(t, page, http.StatusOK, "See where your hospital referrals are")
	if !harness.Says(page, `href="/auth/login?return_to=%2Ftimeline"`) || !harness.Says(page, `href="tel:111"`) {
		t.Error("the start page does not lead to NHS login and to 111")
	}
	harness.Redirected(t, p.Visit("/timeline"), "/auth/login?return_to=%2Ftimeline")

	page = p.SignIn("bella", "/timeline")
	harness.Page(t, page, http.StatusOK, "What you share")
	if !harness.Says(page, "How this service uses your information") || regexp.MustCompile(`<input[^>]*checked`).Match(page.Body) {
		t.Error("the consent page must show the notice and tick nothing")
	}

	harness.Redirected(t, p.Send("/consent", harness.Agreeing(t, page, "timeline:read")), "/timeline")
	page = p.Open("/timeline")
	harness.Page(t, page, http.StatusOK, "Your referrals")
	for _, words := range []string{
		"Cardiology (heart)", "Appointment booked", "Wednesday 11 March 2026", "2:30pm", "St James's University Hospital",
		`href="tel:01134960100"`, "/calendar.ics", "checked at 10am on Monday 2 March 2026", "Run by Leeds Test Trust",
		`href="mailto:help@example.org"`, "This is a test system with made-up people", `aria-current="step"`, "Who acts next",
	} {
		if !harness.Says(page, words) {
			t.Errorf("the timeline page does not have %q", words)
		}
	}
	harness.Redirected(t, p.Send("/timeline/refresh", nil), "/timeline")

	page = p.Open("/consent")
	harness.Page(t, page, http.StatusOK, "What you share")
	if !harness.Says(page, "You agreed on Monday 2 March 2026. It ends on Tuesday 2 March 2027") {
		t.Error("the consent page does not say what was agreed when")
	}
	harness.Redirected(t, p.Send("/consent", url.Values{"action": {"withdraw"}, "client": {"web"}, "id": {harness.Field(t, page, "id")}}), "/consent")
	if page = p.Open("/consent"); !harness.Says(page, "You stopped sharing on Monday 2 March 2026.") {
		t.Errorf("the consent page does not say that sharing stopped: %s", page.Body)
	}
	harness.Redirected(t, p.Visit("/timeline"), "/consent?return_to=%2Ftimeline")

	left := p.Send("/auth/logout", nil)
	harness.Redirected(t, left, "/")
	if left.Header.Get("Clear-Site-Data") != `"cache"` {
		t.Error("the browser may keep what it has seen")
	}
	if page = p.Open("/"); !harness.Says(page, "You are signed out.") {
		t.Error("the start page does not say that the citizen is signed out")
	}
	harness.Redirected(t, p.Visit("/timeline"), "/auth/login?return_to=%2Ftimeline")
}

func TestAPageIsShownAfterSigningIn(t *testing.T) {
	t.Parallel()
	s := start(t)
	p := s.Person(t)
	p.Consented("bella")

	t.Run("while NHS login's token lives nobody is sent there", func(t *testing.T) {
		harness.Page(t, p.Open("/timeline"), http.StatusOK, "Your referrals")
	})
	for range 3 { // active all the time, so the session goes on
		s.Clock.Advance(25 * time.Minute)
		p.Open("/consent")
	}
	t.Run("when it has ended opening a page leads to NHS login and back", func(t *testing.T) {
		harness.Redirected(t, p.Visit("/timeline"), "/auth/login?return_to=%2Ftimeline")
	})
	t.Run("a form never does, for browsers do not follow it there", func(t *testing.T) {
		page := p.Send("/timeline/refresh", nil)
		harness.Page(t, page, http.StatusUnauthorized, "Sign in again to go on")
		if !harness.Says(page, `href="/auth/login?return_to=%2Ftimeline"`) {
			t.Error("the page does not say where to sign in again")
		}
	})
	t.Run("agreeing then leads to a page with a link instead", func(t *testing.T) {
		form := harness.Agreeing(t, p.Open("/consent?return_to=/timeline"), "history:store")
		form.Set("return_to", "/timeline")
		harness.Redirected(t, p.Send("/consent", form), "/consent?client=web&return_to=%2Ftimeline")
		if page := p.Open("/consent?client=web&return_to=%2Ftimeline"); !harness.Says(page, `<a class="button" href="/timeline">Continue</a>`) {
			t.Error("nothing leads on")
		}
	})
}

func TestPagesSetTheirOwnPolicyAndAreKeptByNobody(t *testing.T) {
	t.Parallel()
	s := start(t)
	p := s.Person(t)
	p.Consented("bella")
	for _, path := range []string{"/", "/timeline", "/consent", "/no-such-page"} {
		a := p.Open(path)
		const policy = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
		if got := a.Header.Get("Content-Security-Policy"); got != policy {
			t.Errorf("%s: Content-Security-Policy is %q", path, got)
		}
		if got := a.Header.Get("Cache-Control"); got != "no-store" && got != "private, no-store" {
			t.Errorf("%s: Cache-Control is %q", path, got)
		}
		if got := a.Header.Get("Referrer-Policy"); got != "same-origin" {
			t.Errorf("%s: Referrer-Policy is %q, and a form would lose its origin", path, got)
		}
	}
}

func TestAssetsMayBeKeptForEver(t *testing.T) {
	t.Parallel()
	p := start(t).Person(t)
	links := regexp.MustCompile(`"(/assets/[^"]+)"`).FindAllSubmatch(p.Open("/").Body, -1)
	if len(links) != 2 {
		t.Fatalf("the start page links %d assets, want styles and an icon", len(links))
	}
	for _, link := range links {
		a := p.Open(string(link[1]))
		if a.Status != http.StatusOK || len(a.Body) == 0 || a.Header.Get("Cache-Control") != "public, max-age=31536000, immutable" {
			t.Errorf("%s: status %d, Cache-Control %q", link[1], a.Status, a.Header.Get("Cache-Control"))
		}
	}
	if a := p.Open("/assets/site.css"); a.Status != http.StatusNotFound {
		t.Errorf("a name without a hash is served: %d", a.Status)
	}
}
