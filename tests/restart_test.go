package tests_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/patient-care-aggregator/aggregator/internal/local"
	"github.com/patient-care-aggregator/aggregator/tests/harness"
)

func TestARestartLosesNothingButWhatIsKeptInMemory(t *testing.T) {
	t.Parallel()
	dir := harness.DataDir(t)
	s := harness.Start(t, func(o *local.Options) { o.DataDir = dir })
	addr, admin, nhs, now := host(t, s.URL), host(t, s.AdminURL), host(t, s.Sandbox.URL()), s.Clock.Now
	b := s.Consented("sunny")
	before := b.Get("/v1/timeline")
	harness.Answered(t, before, http.StatusOK)
	auditor, leaver := s.Auditor("ada"), s.Auditor("ada")
	secret := "pca_staff=" + staffSecret(leaver)
	harness.Answered(t, s.Browser().Get("/audit/session", "Cookie", secret), http.StatusOK)
	harness.Answered(t, leaver.Post("/audit/logout", nil), http.StatusNoContent)
	other := s.Browser()
	underWay := beginSignIn(other)
	entries := len(entriesOf(s))

	s.Stop()
	s = harness.Start(t, func(o *local.Options) {
		o.DataDir, o.Now, o.Addr, o.AdminAddr, o.SandboxAddr = dir, now, addr, admin, nhs
	})
	b.Service, other.Service, auditor.Service = s, s, s
	harness.Answered(t, auditor.Get("/audit/session"), http.StatusOK)
	harness.Refused(t, s.Browser().Get("/audit/session", "Cookie", secret), http.StatusUnauthorized, "staff_sign_in_required")
	harness.Answered(t, b.Get("/auth/session"), http.StatusOK)
	// The same consent, ids and words.
	harness.Answered(t, b.Get("/v1/timeline", "If-None-Match", before.Header.Get("ETag")), http.StatusNotModified)
	if list := consentsOf(b); len(list) != 1 || list[0].Status != "active" {
		t.Errorf("consents after the restart: %+v", list)
	}
	harness.Answered(t, other.Get(comeBack(other, underWay, harness.Query("sandbox_citizen", "bella"))), http.StatusSeeOther)
	if n := len(entriesOf(s)); n <= entries {
		t.Errorf("%d entries after the restart, %d before", n, entries)
	}
	verifyLog(s)
}

// staffSecret is what an auditor's browser is signed in with.
func staffSecret(b *harness.Browser) string {
	b.T.Helper()
	at, err := url.Parse(b.Service.URL)
	if err != nil {
		b.T.Fatal(err)
	}
	for _, c := range cookiesOf(b, at) {
		if c.Name == "pca_staff" {
			return c.Value
		}
	}
	b.T.Fatal("no staff session")
	return ""
}

func host(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}
