package tests_test

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"
)

// Rates are per hour here, so that no window can end during the test.

func TestACitizenWhoAsksTooOftenWaits(t *testing.T) {
	t.Parallel()
	s := start(t, env("PCA_RATE_LIMIT_CITIZEN", "3-H"))
	b, device, other := s.signedIn("bella"), s.signedIn("bella"), s.signedIn("sunny")
	for range 3 {
		answered(t, b.get("/v1/consents"), http.StatusOK)
	}
	a := b.get("/v1/consents")
	refused(t, a, http.StatusTooManyRequests, "rate_limited")
	if a.Header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	refused(t, device.get("/v1/consents"), http.StatusTooManyRequests, "rate_limited")
	answered(t, other.get("/v1/consents"), http.StatusOK)
}

func TestAnAddressThatAsksTooOftenWaits(t *testing.T) {
	t.Parallel()
	for name, setting := range map[string]string{"one address": "PCA_RATE_LIMIT_ADDRESS", "everybody together": "PCA_RATE_LIMIT_GLOBAL"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := start(t, env(setting, "2-H")).browser()
			for range 2 {
				answered(t, b.get("/v1/privacy-notice"), http.StatusOK)
			}
			refused(t, b.get("/v1/privacy-notice"), http.StatusTooManyRequests, "rate_limited")
			// An address cannot be made up by a header.
			refused(t, b.get("/v1/privacy-notice", "X-Forwarded-For", "192.0.2.7"), http.StatusTooManyRequests, "rate_limited")
			answered(t, b.get("/healthz"), http.StatusOK)
		})
	}
}

func TestMaintenanceClosesTheDataAndSaysWhenToComeBack(t *testing.T) {
	t.Parallel()
	flag := filepath.Join(t.TempDir(), "maintenance")
	s := start(t, env("PCA_MAINTENANCE_FILE", flag))
	b := s.consented("bella")
	answered(t, b.get("/v1/timeline"), http.StatusOK)
	if err := os.WriteFile(flag, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/v1/timeline", "/v1/referrals", "/v1/consents"} {
		a := b.get(path)
		refused(t, a, http.StatusServiceUnavailable, "service_unavailable")
		if a.Header.Get("Retry-After") == "" {
			t.Errorf("%s: no Retry-After", path)
		}
	}
	answered(t, b.get("/healthz"), http.StatusOK)
	if err := os.Remove(flag); err != nil {
		t.Fatal(err)
	}
	answered(t, b.get("/v1/timeline"), http.StatusOK)
}
