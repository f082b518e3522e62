package pages_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/patient-care-aggregator/aggregator/tests/harness"
)

func TestOnlyWhatWasTickedIsGranted(t *testing.T) {
	t.Parallel()
	s := start(t)
	p := s.Person(t)
	page := p.SignIn("bella", "/timeline")

	t.Run("nothing ticked grants nothing and says so", func(t *testing.T) {
		a := p.Send("/consent", harness.Agreeing(t, page))
		harness.Page(t, a, http.StatusBadRequest, "What you share")
		if !harness.Says(a, "You have not ticked anything") || !harness.Says(a, "<title>Error: ") {
			t.Error("the page does not say what went wrong")
		}
		harness.Redirected(t, p.Visit("/timeline"), "/consent?return_to=%2Ftimeline")
	})
	t.Run("another thing ticked does not open the timeline", func(t *testing.T) {
		p.Send("/consent", harness.Agreeing(t, page, "history:store"))
		harness.Redirected(t, p.Visit("/timeline"), "/consent?return_to=%2Ftimeline")
	})
	t.Run("a notice that is not in force is shown again, and nothing granted", func(t *testing.T) {
		form := harness.Agreeing(t, page, "timeline:read")
		form.Set("noticeVersion", "2020-01-01")
		a := p.Send("/consent", form)
		harness.Page(t, a, http.StatusConflict, "What you share")
		if !harness.Says(a, "The privacy notice has changed since you read it.") || !harness.Says(a, "How this service uses your information") {
			t.Error("the page does not say that the notice changed, or does not show it")
		}
		harness.Redirected(t, p.Visit("/timeline"), "/consent?return_to=%2Ftimeline")
	})
	t.Run("what was ticked is shared from the next request on", func(t *testing.T) {
		harness.Redirected(t, p.Send("/consent", harness.Agreeing(t, page, "timeline:read")), "/timeline")
		harness.Page(t, p.Visit("/timeline"), http.StatusOK, "Your referrals")
	})
}

func TestTheConsentFormTakesNothingElse(t *testing.T) {
	t.Parallel()
	s := start(t)
	p := s.Person(t)
	good := harness.Agreeing(t, p.SignIn("bella", "/timeline"), "timeline:read")
	change := func(name string, values ...string) url.Values {
		form := url.Values{}
		for key, value := range good {
			form[key] = value
		}
		form[name] = values
		return form
	}
	for name, c := range map[string]struct {
		form    url.Values
		headers []string
		status  int
	}{
		"an unknown action":            {change("action", "delete"), nil, http.StatusBadRequest},
		"an unknown field":             {change("citizen", "somebody"), nil, http.StatusBadRequest},
		"a field that is there twice":  {change("noticeVersion", "2026-11-01", "2026-11-01"), nil, http.StatusBadRequest},
		"an unknown scope":             {change("scopes", "everything"), nil, http.StatusBadRequest},
		"an unknown client":            {change("client", "nobody"), nil, http.StatusBadRequest},
		"an address of elsewhere":      {change("return_to", "https://evil.example/"), nil, http.StatusBadRequest},
		"a body of another type":       {good, []string{"Content-Type", "text/plain"}, http.StatusBadRequest},
		"a body that is too large":     {change("id", strings.Repeat("x", 70_000)), nil, http.StatusRequestEntityTooLarge},
		"a page of another site":       {good, []string{"Sec-Fetch-Site", "cross-site"}, http.StatusForbidden},
		"an app's token":               {good, []string{"Authorization", "Bearer token"}, http.StatusUnauthorized},
		"somebody else's consent":      {url.Values{"action": {"withdraw"}, "id": {"11111111-1111-4111-8111-111111111111"}}, nil, http.StatusNotFound},
		"an origin that browsers hide": {good, []string{"Sec-Fetch-Site", "", "Origin", "null"}, http.StatusForbidden},
	} {
		t.Run(name, func(t *testing.T) {
			if a := p.Send("/consent", c.form, c.headers...); a.Status != c.status {
				t.Errorf("status %d, want %d: %s", a.Status, c.status, a.Body)
			}
			harness.Redirected(t, p.Visit("/timeline"), "/consent?return_to=%2Ftimeline")
		})
	}
}

func TestAWayBackIntoAnotherServiceIsALinkAndNoRedirect(t *testing.T) {
	t.Parallel()
	s := start(t)
	p := s.Person(t)
	to := "/oauth2/authorize?client_id=app"
	form := harness.Agreeing(t, p.SignIn("bella", "/consent?return_to="+url.QueryEscape(to)), "timeline:read")
	if form.Get("return_to") != to {
		t.Fatalf("the page leads back to %q", form.Get("return_to"))
	}
	a := p.Send("/consent", form)
	if a.Status != http.StatusSeeOther || !strings.HasPrefix(a.Header.Get("Location"), "/consent?") {
		t.Fatalf("status %d to %q", a.Status, a.Header.Get("Location"))
	}
	if page := p.Open(a.Header.Get("Location")); !harness.Says(page, `href="/oauth2/authorize?client_id=app">Continue</a>`) {
		t.Errorf("nothing leads on: %s", page.Body)
	}
}
