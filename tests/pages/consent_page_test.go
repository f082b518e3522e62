package pages_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestOnlyWhatWasTickedIsGranted(t *testing.T) {
	t.Parallel()
	s := start(t)
	p := s.person(t)
	page := p.signIn("bella", "/timeline")

	t.Run("nothing ticked grants nothing and says so", func(t *testing.T) {
		a := p.send("/consent", agreeing(t, page))
		wantPage(t, a, http.StatusBadRequest, "What you share")
		if !says(a, "You have not ticked anything") || !says(a, "<title>Error: ") {
			t.Error("the page does not say what went wrong")
		}
		wantRedirect(t, p.visit("/timeline"), "/consent?return_to=%2Ftimeline")
	})
	t.Run("another thing ticked does not open the timeline", func(t *testing.T) {
		p.send("/consent", agreeing(t, page, "history:store"))
		wantRedirect(t, p.visit("/timeline"), "/consent?return_to=%2Ftimeline")
	})
	t.Run("a notice that is not in force is shown anew, and nothing granted", func(t *testing.T) {
		form := agreeing(t, page, "timeline:read")
		form.Set("noticeVersion", "2020-01-01")
		a := p.send("/consent", form)
		wantPage(t, a, http.StatusConflict, "What you share")
		if !says(a, "The privacy notice has changed since you read it.") || !says(a, "How this service uses your information") {
			t.Error("the page does not say that the notice changed, or does not show it")
		}
		wantRedirect(t, p.visit("/timeline"), "/consent?return_to=%2Ftimeline")
	})
	t.Run("what was ticked is shared from the next request on", func(t *testing.T) {
		wantRedirect(t, p.send("/consent", agreeing(t, page, "timeline:read")), "/timeline")
		wantPage(t, p.visit("/timeline"), http.StatusOK, "Your referrals")
	})
}

func TestTheConsentFormTakesNothingElse(t *testing.T) {
	t.Parallel()
	s := start(t)
	p := s.person(t)
	good := agreeing(t, p.signIn("bella", "/timeline"), "timeline:read")
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
		"a field that stands twice":    {change("noticeVersion", "2026-11-01", "2026-11-01"), nil, http.StatusBadRequest},
		"an unknown scope":             {change("scopes", "everything"), nil, http.StatusBadRequest},
		"an unknown client":            {change("client", "nobody"), nil, http.StatusBadRequest},
		"a way back to elsewhere":      {change("return_to", "https://evil.example/"), nil, http.StatusBadRequest},
		"a body of another type":       {good, []string{"Content-Type", "text/plain"}, http.StatusBadRequest},
		"a body that is too large":     {change("id", strings.Repeat("x", 70_000)), nil, http.StatusRequestEntityTooLarge},
		"a page of another site":       {good, []string{"Sec-Fetch-Site", "cross-site"}, http.StatusForbidden},
		"an app's token":               {good, []string{"Authorization", "Bearer token"}, http.StatusUnauthorized},
		"somebody else's consent":      {url.Values{"action": {"withdraw"}, "id": {"11111111-1111-4111-8111-111111111111"}}, nil, http.StatusNotFound},
		"an origin that browsers hide": {good, []string{"Sec-Fetch-Site", "", "Origin", "null"}, http.StatusForbidden},
	} {
		t.Run(name, func(t *testing.T) {
			if a := p.send("/consent", c.form, c.headers...); a.Status != c.status {
				t.Errorf("status %d, want %d: %s", a.Status, c.status, a.Body)
			}
			wantRedirect(t, p.visit("/timeline"), "/consent?return_to=%2Ftimeline")
		})
	}
}

func TestAWayBackIntoAnotherServiceIsALinkAndNoRedirect(t *testing.T) {
	t.Parallel()
	s := start(t)
	p := s.person(t)
	to := "/oauth2/authorize?client_id=app"
	form := agreeing(t, p.signIn("bella", "/consent?return_to="+url.QueryEscape(to)), "timeline:read")
	if form.Get("return_to") != to {
		t.Fatalf("the page leads back to %q", form.Get("return_to"))
	}
	a := p.send("/consent", form)
	if a.Status != http.StatusSeeOther || !strings.HasPrefix(a.Header.Get("Location"), "/consent?") {
		t.Fatalf("status %d to %q", a.Status, a.Header.Get("Location"))
	}
	if page := p.open(a.Header.Get("Location")); !says(page, `href="/oauth2/authorize?client_id=app">Continue</a>`) {
		t.Errorf("nothing leads on: %s", page.Body)
	}
}
