package tests_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/patient-care-aggregator/aggregator/internal/local"
)

func TestARestartLosesNothingButWhatIsKeptInMemory(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	s := start(t, func(o *local.Options) { o.DataDir = dir })
	addr, admin, nhs, now := host(t, s.URL), host(t, s.AdminURL), host(t, s.Sandbox.URL()), s.clock.Now
	b := s.consented("sunny")
	before := b.get("/v1/timeline")
	answered(t, before, http.StatusOK)
	other := s.browser()
	underWay := other.begin()
	entries := len(s.entries())

	s.close()
	s = start(t, func(o *local.Options) {
		o.DataDir, o.Now, o.Addr, o.AdminAddr, o.SandboxAddr = dir, now, addr, admin, nhs
	})
	b.s, other.s = s, s
	answered(t, b.get("/auth/session"), http.StatusOK)
	// The same consent, ids and words.
	answered(t, b.get("/v1/timeline", "If-None-Match", before.Header.Get("ETag")), http.StatusNotModified)
	if list := b.consents(); len(list) != 1 || list[0].Status != "active" {
		t.Errorf("consents after the restart: %+v", list)
	}
	answered(t, other.get(other.comeBack(underWay, query("sandbox_citizen", "bella"))), http.StatusSeeOther)
	if n := len(s.entries()); n <= entries {
		t.Errorf("%d entries after the restart, %d before", n, entries)
	}
	s.verified()
}

func host(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}
