package pages_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/local"
	"github.com/patient-care-aggregator/aggregator/internal/sandbox"
	"github.com/patient-care-aggregator/aggregator/tests/harness"
)

func TestARefusalIsAPageForPeopleAndAProblemForPrograms(t *testing.T) {
	t.Parallel()
	s := start(t)
	signIn := func(citizen, answer string) func(*harness.Visitor) local.Answer {
		return func(v *harness.Visitor) local.Answer {
			choice := url.Values{"sandbox_citizen": {citizen}, "sandbox_answer": {answer}}
			return v.Must(v.SignInWith(v.T.Context(), choice, "/consent"))
		}
	}
	broken := func(fault sandbox.Fault) func(*harness.Visitor) local.Answer {
		return func(v *harness.Visitor) local.Answer {
			page := v.SignIn("dora", "/consent?return_to=/timeline")
			if strings.Contains(string(page.Body), `name="scopes"`) {
				v.Send("/consent", harness.Agreeing(v.T, page, "timeline:read"))
			}
			s.Clock.Advance(5 * time.Second) // what failed just now is not asked again
			defer s.Sandbox.Order(fault)()
			return v.Visit("/timeline")
		}
	}
	again := `href="/auth/login?return_to=%2Fconsent">Sign in again`
	for name, c := range map[string]struct {
		do     func(*harness.Visitor) local.Answer
		status int
		code   string
		title  string
		offers string
	}{
		"sharing refused at NHS login":   {signIn("bella", "decline"), 403, "sharing_declined", "You cannot continue without sharing your information", again},
		"identity not proved":            {signIn("pip", "agree"), 403, "identity_level_too_low", "You need to prove who you are", again},
		"no NHS number":                  {signIn("nemo", "agree"), 403, "no_nhs_number", "We could not find your NHS number", "Contact your GP surgery"},
		"a sign-in that is over":         {func(v *harness.Visitor) local.Answer { return v.Visit("/auth/callback?code=x&state=y") }, 400, "sign_in_expired", "Sign-in took too long", "/auth/login?return_to=%2Ftimeline"},
		"an address of somewhere else":   {func(v *harness.Visitor) local.Answer { return v.Visit("/auth/login?return_to=//evil.example") }, 400, "bad_request", "Request not understood", `href="/"`},
		"an address that does not exist": {func(v *harness.Visitor) local.Answer { return v.Visit("/no-such-page") }, 404, "not_found", "Not found", `href="/"`},
		"a method that is not taken":     {func(v *harness.Visitor) local.Answer { return v.Send("/timeline", nil) }, 405, "method_not_allowed", "Method not allowed", `href="/"`},
		"a form of another site": {
			func(v *harness.Visitor) local.Answer { return v.Send("/consent", nil, "Sec-Fetch-Site", "cross-site") },
			403, "csrf", "Request came from another site", `href="/"`,
		},
		"e-RS does not answer": {
			broken(sandbox.Fault{Kind: sandbox.HTML502, Upstream: sandbox.ERS}),
			502, "upstream_unavailable", "NHS system not working", `href="/timeline">Try again`,
		},
		"e-RS throttles": {
			broken(sandbox.Fault{Kind: sandbox.Throttled, Upstream: sandbox.ERS}),
			503, "service_unavailable", "Not available right now", `href="/timeline">Try again`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			page := c.do(s.Person(t))
			harness.Page(t, page, c.status, c.title)
			if !harness.Says(page, c.offers) {
				t.Errorf("the page does not offer %q: %s", c.offers, page.Body)
			}
			if id := page.Header.Get("X-Correlation-ID"); !harness.Says(page, id) {
				t.Error("the page has no reference to quote")
			}
			for _, inside := range []string{c.code, "openapi.yaml", "correlationId"} {
				if harness.Says(page, inside) {
					t.Errorf("the page says %q to a person", inside)
				}
			}

			answer := c.do(s.Visitor(t, "application/json"))
			var p struct{ Code, Title string }
			if err := json.Unmarshal(answer.Body, &p); err != nil || answer.Status != c.status || p.Code != c.code || p.Title != c.title {
				t.Errorf("a program gets %d %s", answer.Status, answer.Body)
			}
			if kind := answer.Header.Get("Content-Type"); kind != "application/problem+json" {
				t.Errorf("a program gets %q", kind)
			}
			for _, header := range []string{"Cache-Control", "WWW-Authenticate", "Retry-After", "Allow", "X-Content-Type-Options"} {
				if page.Header.Get(header) != answer.Header.Get(header) {
					t.Errorf("%s is %q for people and %q for programs", header, page.Header.Get(header), answer.Header.Get(header))
				}
			}
		})
	}
}

func TestTheNoConsentPageIsAsNHSLoginAsks(t *testing.T) {
	t.Parallel()
	s := start(t)
	p := s.Person(t)
	page := p.Must(p.SignInWith(t.Context(), url.Values{"sandbox_citizen": {"bella"}, "sandbox_answer": {"decline"}}, "/timeline"))
	harness.Page(t, page, http.StatusForbidden, "You cannot continue without sharing your information")
	for _, words := range []string{"NHS login information", "check your identity", `href="https://111.nhs.uk"`, `href="tel:111"`, "your GP surgery", `href="tel:999"`} {
		if !harness.Says(page, words) {
			t.Errorf("the page does not have %q", words)
		}
	}
}

func TestTheAPIAnswersOnlyPrograms(t *testing.T) {
	t.Parallel()
	a := start(t).Person(t).Visit("/v1/timeline")
	if a.Status != http.StatusUnauthorized || a.Header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("status %d, %s: an address of the API became a page", a.Status, a.Header.Get("Content-Type"))
	}
}
