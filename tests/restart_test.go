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
	other := s.Browser()
	underWay := beginSignIn(other)
	entries := len(entriesOf(s))

	s.Stop()
	s = harness.Start(t, func(o *local.Options) {
		o.DataDir, o.Now, o.Addr, o.AdminAddr, o.SandboxAddr = dir, now, addr, admin, nhs
	})
	b.Service, other.Service = s, s
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

func host(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}
