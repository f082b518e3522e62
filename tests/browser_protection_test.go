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
