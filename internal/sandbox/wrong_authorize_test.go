package sandbox_test

import (
	"html"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestNHSLoginRefusesAWrongAuthorizeRequest(t *testing.T) {
	a := newService(t)
	set := func(name, value string) func(url.Values) { return func(q url.Values) { q.Set(name, value) } }
	drop := func(name string) func(url.Values) { return func(q url.Values) { q.Del(name) } }
	for name, tc := range map[string]struct {
		change func(url.Values)
		want   string // error that comes back; empty when nothing may come back
	}{
		"no client":                         {drop("client_id"), ""},
		"an unknown client":                 {set("client_id", "stranger"), ""},
		"no redirect URI":                   {drop("redirect_uri"), ""},
		"a redirect URI with a slash more":  {set("redirect_uri", callback+"/"), ""},
		"a redirect URI with a query":       {set("redirect_uri", callback+"?a=b"), ""},
		"no response type":                  {drop("response_type"), "invalid_request"},
		"the implicit flow":                 {set("response_type", "id_token"), "unsupported_response_type"},
		"another response mode":             {set("response_mode", "form_post"), "invalid_request"},
		"no state":                          {drop("state"), "invalid_request"},
		"no nonce":                          {drop("nonce"), "invalid_request"},
		"no scope":                          {drop("scope"), "invalid_request"},
		"scope without openid":              {set("scope", "profile"), "invalid_scope"},
		"profile and basic demographics":    {set("scope", "openid profile basic_demographics"), "invalid_scope"},
		"vtr that is not JSON":              {set("vtr", "P9.Cp.Cd"), "invalid_request"},
		"vtr with an unknown component":     {set("vtr", `["P9.Cx"]`), "invalid_request"},
		"vtr without a credential":          {set("vtr", `["P9"]`), "invalid_request"},
		"an empty vtr":                      {set("vtr", `[]`), "invalid_request"},
		"an unknown prompt":                 {set("prompt", "consent"), "invalid_request"},
		"a pop-up":                          {set("display", "popup"), "invalid_request"},
		"max_age":                           {set("max_age", "60"), "invalid_request"},
		"login_hint":                        {set("login_hint", "bella"), "invalid_request"},
		"id_token_hint":                     {set("id_token_hint", "x"), "invalid_request"},
		"acr_values":                        {set("acr_values", "x"), "invalid_request"},
		"ui_locales":                        {set("ui_locales", "cy"), "invalid_request"},
		"a request object":                  {set("request", "x"), "request_not_supported"},
		"a request object by reference":     {set("request_uri", "https://x.example"), "request_uri_not_supported"},
		"a repeated parameter":              {func(q url.Values) { q.Add("state", "two") }, "invalid_request"},
		"a plain code challenge":            {func(q url.Values) { q.Set("code_challenge", "abc"); q.Set("code_challenge_method", "plain") }, "invalid_request"},
		"a code challenge without a method": {set("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"), "invalid_request"},
		"prompt none without a session":     {set("prompt", "none"), "login_required"},
	} {
		t.Run(name, func(t *testing.T) {
			res := a.authorize(authorizeQuery(tc.change))
			if tc.want == "" {
				if res.status != http.StatusBadRequest || res.header.Get("Location") != "" {
					t.Fatalf("want a page and no redirect, got %d to %q", res.status, res.header.Get("Location"))
				}
				return
			}
			if got := res.back(t).Get("error"); got != tc.want {
				t.Errorf("error %q, not %q", got, tc.want)
			}
			if asked := a.s.Requests(); asked[len(asked)-1].Complaint == "" && name != "prompt none without a session" {
				t.Error("the recording does not say why")
			}
		})
	}
	t.Run("the state comes back with the error", func(t *testing.T) {
		if got := a.authorize(authorizeQuery(set("prompt", "none"))).back(t).Get("state"); got != "state-1" {
			t.Errorf("state %q", got)
		}
	})
	t.Run("unknown scopes are ignored", func(t *testing.T) {
		res := a.authorize(authorizeQuery(set("scope", "openid profile tea"), set("sandbox_citizen", "bella")))
		if res.back(t).Get("code") == "" {
			t.Error("no code came back")
		}
	})
	t.Run("a POST is as good as a GET", func(t *testing.T) {
		res := a.post(a.at.NHSLoginIssuer+"/authorize?sandbox_citizen=bella", authorizeQuery())
		if res.back(t).Get("code") == "" {
			t.Error("no code came back")
		}
	})
}

func TestThePage(t *testing.T) {
	a := newService(t)
	page := a.authorize(authorizeQuery())
	if page.status != http.StatusOK {
		t.Fatalf("%d %s", page.status, page.text)
	}
	for _, want := range []string{`<html lang="en">`, "SANDBOX, not the NHS", "<fieldset>", "<legend>", `for="citizen-bella"`, ":focus", "Test service"} {
		if !strings.Contains(page.text, want) {
			t.Errorf("the page does not have %s", want)
		}
	}
	action := page.text[strings.Index(page.text, `action="`)+len(`action="`):]
	action = a.s.URL() + html.UnescapeString(action[:strings.IndexByte(action, '"')])

	t.Run("agreeing sends a code back", func(t *testing.T) {
		back := a.post(action, url.Values{"citizen": {"bella"}, "answer": {"agree"}}).back(t)
		if back.Get("code") == "" || back.Get("state") != "state-1" {
			t.Errorf("came back with %v", back)
		}
	})
	t.Run("declining says ConsentNotGiven", func(t *testing.T) {
		back := a.post(action, url.Values{"citizen": {"bella"}, "answer": {"decline"}}).back(t)
		if back.Get("error") != "access_denied" || back.Get("error_description") != "ConsentNotGiven" {
			t.Errorf("came back with %v", back)
		}
	})
	t.Run("an unknown citizen is asked again", func(t *testing.T) {
		res := a.post(action, url.Values{"citizen": {"nobody"}, "answer": {"agree"}})
		if res.status != http.StatusBadRequest || !strings.Contains(res.text, `role="alert"`) {
			t.Errorf("%d", res.status)
		}
	})
	t.Run("a preset answer needs no page", func(t *testing.T) {
		if err := a.s.DeclineNext("bella"); err != nil {
			t.Fatal(err)
		}
		if got := a.authorize(authorizeQuery()).back(t).Get("error_description"); got != "ConsentNotGiven" {
			t.Errorf("came back with %q", got)
		}
		if got := a.authorize(authorizeQuery()); got.status != http.StatusOK {
			t.Error("the preset answer was used twice")
		}
	})
	t.Run("a header picks a citizen too", func(t *testing.T) {
		if a.authorize(authorizeQuery(), "X-Sandbox-Citizen", "nora").back(t).Get("code") == "" {
			t.Error("no code came back")
		}
	})
}
