package tests_test

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"testing"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/local"
	"github.com/patient-care-aggregator/aggregator/internal/store"
	"github.com/patient-care-aggregator/aggregator/tests/harness"
)

// TestADatabaseFromABackupShowsNothing restores a database in which a consent stands that
// was withdrawn since.
func TestADatabaseFromABackupShowsNothing(t *testing.T) {
	t.Parallel()
	dir := harness.DataDir(t)
	start := func() *harness.Service {
		return harness.Start(t, func(o *local.Options) { o.DataDir = dir })
	}
	s := start()
	path := s.DatabasePath()
	b := s.Consented("bella")
	harness.Answered(t, b.Get("/v1/timeline"), http.StatusOK)
	consentToHistory(t, b)
	s.Stop()
	backup, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}

	s = start()
	b = s.SignedIn("bella")
	harness.Answered(t, b.Delete("/v1/consents/"+consentsOf(b)[0].ID), http.StatusNoContent)
	s.Stop()

	if err := os.WriteFile(path, backup, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, beside := range []string{"-wal", "-shm"} {
		if err := os.Remove(path + beside); err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
	}
	s = start()
	b = s.SignedIn("bella")
	if status := consentsOf(b)[0].Status; status != "active" {
		t.Fatalf("the consent is %s, so that nothing is tried", status)
	}
	for _, read := range []string{"/v1/timeline", "/v1/referrals", "/v1/access-log"} {
		harness.Refused(t, b.Get(read), http.StatusServiceUnavailable, "audit_unavailable")
	}
	harness.Refused(t, s.PlainBrowser().Get("/readyz"), http.StatusServiceUnavailable, "service_unavailable")
	a := s.PlainBrowser().Get("/_status", "apikey", s.Env["PCA_STATUS_API_KEY"])
	type check struct{ Status string }
	if v := harness.Read[struct {
		Status string
		Checks map[string]check
	}](t, a.Body); a.Status != http.StatusServiceUnavailable || v.Status != "fail" || v.Checks["audit:checkpoints"].Status != "fail" {
		t.Errorf("status %d, %+v", a.Status, v)
	}
	if n := len(entriesOf(s, audit.DataReleased)); n != 1 {
		t.Errorf("%d entries say that something was shown", n)
	}
	// Nor is anything remembered that nobody was shown.
	withLog(s, func(ctx context.Context, db *store.Store) {
		if kept, err := db.Histories().Citizens(ctx, "", 1); err != nil || len(kept) != 0 {
			t.Errorf("%d histories are kept, %v", len(kept), err)
		}
	})
	auditor := s.Auditor("ada")
	harness.Answered(t, auditor.Get("/audit/v1/entries"), http.StatusOK) // who looks into it can
	harness.Refused(t, auditor.Get("/audit/v1/checkpoint"), http.StatusServiceUnavailable, "service_unavailable")
}
