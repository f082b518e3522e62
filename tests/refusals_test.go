package tests_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/patient-care-aggregator/aggregator/tests/harness"
)

func TestWhoeverIsNotSignedInSeesNothing(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	for _, path := range []string{"/v1/timeline", "/v1/referrals", "/v1/appointments", "/v1/consents", "/v1/referrals/some-id"} {
		a := s.Browser().Get(path)
		harness.Refused(t, a, http.StatusUnauthorized, "sign_in_required")
		if a.Header.Get("WWW-Authenticate") != "Bearer" {
			t.Errorf("%s: no challenge (RFC 9110, 15.5.2)", path)
		}
	}
	harness.Refused(t, s.Browser().Get("/auth/session"), http.StatusUnauthorized, "sign_in_required")
	harness.Refused(t, s.Browser().Post("/v1/timeline/refresh", nil), http.StatusUnauthorized, "sign_in_required")
	if n := len(s.Asked("ers", "")); n != 0 {
		t.Errorf("e-RS was asked %d times for nobody", n)
	}
}

func TestASignedOutSessionIsOver(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	b := s.Consented("bella")
	other := s.SignedIn("bella") // another device
	harness.Answered(t, b.Post("/auth/logout", nil), http.StatusNoContent)
	harness.Refused(t, b.Get("/v1/timeline"), http.StatusUnauthorized, "sign_in_required")
	harness.Answered(t, b.Post("/auth/logout", nil), http.StatusNoContent) // twice is harmless
	harness.Answered(t, other.Get("/v1/timeline"), http.StatusOK)
}

func TestACookieThatNamesNoSessionIsRefused(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	for name, cookie := range map[string]string{
		"a guess":        "pca_session=GUESSGUESSGUESSGUESSGUESSGUESSGUESSGUESSGUESSGUESSGU",
		"an empty value": "pca_session=",
		"very long":      "pca_session=" + strings.Repeat("A", 8000),
	} {
		t.Run(name, func(t *testing.T) {
			if a := s.Browser().Get("/v1/timeline", "Cookie", cookie); a.Status != http.StatusUnauthorized {
				t.Errorf("status %d: %s", a.Status, a.Body)
			}
		})
	}
	t.Run("a second cookie slipped in beside a good one", func(t *testing.T) {
		a := s.Consented("bella").Get("/v1/timeline", "Cookie", "pca_session=SLIPPEDIN")
		harness.Refused(t, a, http.StatusUnauthorized, "sign_in_required")
	})
}

func TestABearerTokenIsJudgedAloneAndCookiesAreIgnored(t *testing.T) {
	t.Parallel()
	b := harness.Start(t).Consented("bella")
	for _, value := range []string{"Bearer nobody-knows-this", "Basic dXNlcjpwYXNz", "Bearer"} {
		if a := b.Get("/v1/timeline", "Authorization", value); a.Status != http.StatusUnauthorized {
			t.Errorf("%q beside a good cookie: status %d, want 401", value, a.Status)
		}
	}
	harness.Answered(t, b.Get("/v1/timeline"), http.StatusOK)
}

func TestUnknownAddressesAndMethodsAreProblemsToo(t *testing.T) {
	t.Parallel()
	b := harness.Start(t).Browser()
	for _, path := range []string{"/v1", "/v1/timeline/", "/v2/timeline", "/nothing", "/debug/pprof/", "/metrics", "/.env", "/v1/%2e%2e/timeline"} {
		harness.Refused(t, b.Get(path), http.StatusNotFound, "not_found")
	}
	a := b.Delete("/v1/timeline")
	harness.Refused(t, a, http.StatusMethodNotAllowed, "method_not_allowed")
	if allow := a.Header.Get("Allow"); !strings.Contains(allow, http.MethodGet) {
		t.Errorf("Allow is %q", allow)
	}
	harness.Refused(t, b.Post("/auth/login", nil), http.StatusMethodNotAllowed, "method_not_allowed")
	harness.Refused(t, b.Post("/healthz", nil), http.StatusMethodNotAllowed, "method_not_allowed")
}

func TestBodiesThatAreNotTheContractsAreRefused(t *testing.T) {
	t.Parallel()
	b := harness.Start(t).SignedIn("bella")
	good := `{"clientId":"web","scopes":["timeline:read"],"noticeVersion":"x"}`
	for name, body := range map[string]string{
		"empty":               "",
		"not JSON":            "clientId=web",
		"cut off":             good[:20],
		"two values":          good + good,
		"of another shape":    `[]`,
		"a text":              `"web"`,
		"null":                `null`,
		"an unknown member":   `{"clientId":"web","scopes":["timeline:read"],"noticeVersion":"x","citizen":"someone"}`,
		"no scope":            `{"clientId":"web","scopes":[],"noticeVersion":"x"}`,
		"scopes as a text":    `{"clientId":"web","scopes":"timeline:read","noticeVersion":"x"}`,
		"an unknown client":   `{"clientId":"nobody","scopes":["timeline:read"],"noticeVersion":"x"}`,
		"deeper than a stack": strings.Repeat("[", 20_000),
	} {
		t.Run(name, func(t *testing.T) {
			harness.Refused(t, b.In(t).Post("/v1/consents", []byte(body)), http.StatusBadRequest, "bad_request")
		})
	}
	t.Run("of another type", func(t *testing.T) {
		harness.Refused(t, b.In(t).Post("/v1/consents", []byte(good), "Content-Type", "text/plain"), http.StatusBadRequest, "bad_request")
	})
	t.Run("too large", func(t *testing.T) {
		large := strings.Replace(good, "x", strings.Repeat("x", 64<<10), 1)
		harness.Refused(t, b.In(t).Post("/v1/consents", []byte(large)), http.StatusRequestEntityTooLarge, "payload_too_large")
	})
}

func TestAnotherSiteCannotActInTheCitizensBrowser(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	b := s.Consented("bella")
	consents := b.Get("/v1/consents").Body
	for name, headers := range map[string][]string{
		"by fetch metadata":  {"Sec-Fetch-Site", "cross-site"},
		"a sister site":      {"Sec-Fetch-Site", "same-site"},
		"by Origin":          {"Origin", "https://evil.example"},
		"by an opaque frame": {"Origin", "null"},
		"by another port":    {"Origin", "http://127.0.0.1:1"},
	} {
		t.Run(name, func(t *testing.T) {
			b := b.In(t)
			harness.Refused(t, b.Post("/v1/timeline/refresh", nil, headers...), http.StatusForbidden, "csrf")
			harness.Refused(t, b.Post("/v1/consents", harness.Query(), headers...), http.StatusForbidden, "csrf")
			harness.Refused(t, b.Delete("/v1/consents/any", headers...), http.StatusForbidden, "csrf")
			harness.Refused(t, b.Post("/auth/logout", nil, headers...), http.StatusForbidden, "csrf")
		})
	}
	if string(b.Get("/v1/consents").Body) != string(consents) {
		t.Error("a refused request changed the consents")
	}
	t.Run("its own pages and programs can", func(t *testing.T) {
		b := b.In(t)
		harness.Answered(t, b.Post("/v1/timeline/refresh", nil, "Sec-Fetch-Site", "same-origin", "Origin", s.URL), http.StatusOK)
		harness.Answered(t, b.Post("/v1/timeline/refresh", nil), http.StatusOK)
	})
}

func TestEveryAnswerProtectsABrowser(t *testing.T) {
	t.Parallel()
	b := harness.Start(t).Consented("bella")
	for _, path := range []string{"/v1/timeline", "/v1/consents", "/nothing", "/auth/session", "/openapi.yaml"} {
		h := b.Get(path).Header
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
			"Content-Security-Policy":    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
			"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
		} {
			if h.Get(name) != want {
				t.Errorf("%s: %s is %q, want %q", path, name, h.Get(name), want)
			}
		}
		if h.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: another site may read it", path)
		}
	}
}
