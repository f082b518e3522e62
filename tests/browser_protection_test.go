package tests_test

import (
	"net/http"
	"testing"

	"github.com/patient-care-aggregator/aggregator/tests/harness"
)

// TestABrowserNeverComesBackWithoutTLS holds that a browser which came once over https
// is told to come in no other way, by whatever it was answered.
func TestABrowserNeverComesBackWithoutTLS(t *testing.T) {
	t.Parallel()
	const policy = "Strict-Transport-Security"
	b := harness.Start(t, harness.Env("PCA_PUBLIC_URL", "https://referrals.example")).PlainBrowser()
	for _, path := range []string{"/", "/timeline", "/v1/timeline", "/auth/login", "/audit/session", "/healthz", "/openapi.json", "/nowhere"} {
		a := b.Must(b.DoOnce(t.Context(), http.MethodGet, path, nil))
		if got := a.Header.Get(policy); got != "max-age=31536000; includeSubDomains" {
			t.Errorf("%s: status %d, %s is %q", path, a.Status, policy, got)
		}
	}
	// On loopback there is no TLS, and the browser must be able to come back.
	if got := harness.Start(t).PlainBrowser().Get("/").Header.Get(policy); got != "" {
		t.Errorf("on loopback %s is %q", policy, got)
	}
}

func TestAnotherSiteCannotActInTheAuditorsBrowser(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	b := s.Auditor("ada")
	search := map[string]string{"nhsNumber": s.Number("bella"), "reason": "complaint", "note": reasonForLooking}
	for name, headers := range map[string][]string{
		"by fetch metadata":  {"Sec-Fetch-Site", "cross-site"},
		"a sister site":      {"Sec-Fetch-Site", "same-site"},
		"by Origin":          {"Origin", "https://evil.example"},
		"by an opaque frame": {"Origin", "null"},
	} {
		t.Run(name, func(t *testing.T) {
			b := b.In(t)
			harness.Refused(t, b.Post("/audit/v1/entries/search", search, headers...), http.StatusForbidden, "csrf")
			harness.Refused(t, b.Post("/audit/logout", nil, headers...), http.StatusForbidden, "csrf")
		})
	}
	harness.Answered(t, b.Post("/audit/v1/entries/search", search, "Sec-Fetch-Site", "same-origin"), http.StatusOK)
}

func TestTheHealthOfWhatIsNeededIsForWhoHasTheKey(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	b := s.PlainBrowser()
	key := s.Env["PCA_STATUS_API_KEY"]
	for _, wrong := range []string{"", "wrong", key[:len(key)-1], key + "x"} {
		harness.Refused(t, b.Get("/_status", "apikey", wrong), http.StatusUnauthorized, "status_key_required")
	}
	harness.Refused(t, b.Get("/_status"), http.StatusUnauthorized, "status_key_required")
	harness.Refused(t, s.Auditor("ada").Get("/_status"), http.StatusUnauthorized, "status_key_required")
	harness.Answered(t, b.Get("/_status", "apikey", key), http.StatusOK)

	closed := harness.Start(t, harness.Env("PCA_STATUS_API_KEY", ""))
	for _, any := range []string{"", key} {
		harness.Refused(t, closed.PlainBrowser().Get("/_status", "apikey", any), http.StatusUnauthorized, "status_key_required")
	}
}
