package tests_test

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/patient-care-aggregator/aggregator/tests/harness"
)

// Rates are per hour here, so that no window can end during the test.

func TestACitizenWhoAsksTooOftenWaits(t *testing.T) {
	t.Parallel()
	s := harness.Start(t, harness.Env("PCA_RATE_LIMIT_CITIZEN", "3-H"))
	b, device, other := s.SignedIn("bella"), s.SignedIn("bella"), s.SignedIn("sunny")
	for range 3 {
		harness.Answered(t, b.Get("/v1/consents"), http.StatusOK)
	}
	a := b.Get("/v1/consents")
	harness.Refused(t, a, http.StatusTooManyRequests, "rate_limited")
	if a.Header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	harness.Refused(t, device.Get("/v1/consents"), http.StatusTooManyRequests, "rate_limited")
	harness.Answered(t, other.Get("/v1/consents"), http.StatusOK)
}

func TestAnAddressThatAsksTooOftenWaits(t *testing.T) {
	t.Parallel()
	for name, setting := range map[string]string{"one address": "PCA_RATE_LIMIT_ADDRESS", "everybody together": "PCA_RATE_LIMIT_GLOBAL"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := harness.Start(t, harness.Env(setting, "2-H")).Browser()
			for range 2 {
				harness.Answered(t, b.Get("/v1/privacy-notice"), http.StatusOK)
			}
			harness.Refused(t, b.Get("/v1/privacy-notice"), http.StatusTooManyRequests, "rate_limited")
			// An address cannot be made up by a header.
			harness.Refused(t, b.Get("/v1/privacy-notice", "X-Forwarded-For", "192.0.2.7"), http.StatusTooManyRequests, "rate_limited")
			harness.Answered(t, b.Get("/healthz"), http.StatusOK)
		})
	}
}

func TestMaintenanceClosesTheDataAndSaysWhenToComeBack(t *testing.T) {
	t.Parallel()
	flag := filepath.Join(t.TempDir(), "maintenance")
	s := harness.Start(t, harness.Env("PCA_MAINTENANCE_FILE", flag))
	b := s.Consented("bella")
	harness.Answered(t, b.Get("/v1/timeline"), http.StatusOK)
	if err := os.WriteFile(flag, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/v1/timeline", "/v1/referrals", "/v1/consents"} {
		a := b.Get(path)
		harness.Refused(t, a, http.StatusServiceUnavailable, "service_unavailable")
		if a.Header.Get("Retry-After") == "" {
			t.Errorf("%s: no Retry-After", path)
		}
	}
	harness.Answered(t, b.Get("/healthz"), http.StatusOK)
	if err := os.Remove(flag); err != nil {
		t.Fatal(err)
	}
	harness.Answered(t, b.Get("/v1/timeline"), http.StatusOK)
}
