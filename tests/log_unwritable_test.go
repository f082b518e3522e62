package tests_test

import (
	"database/sql"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestWhileTheLogCannotBeWrittenNothingIsShownAndNothingIsReady(t *testing.T) {
	t.Parallel()
	s := start(t)
	b := s.consented("bella")
	auditor := s.auditor("ada")
	answered(t, s.browser().get("/readyz"), http.StatusOK)

	// Another process holds the database's only place for a writer.
	path, _ := strings.CutPrefix(s.Env["PCA_DATABASE_URL"], "sqlite:")
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // only the lock mattered
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(t.Context(), `BEGIN IMMEDIATE`); err != nil {
		t.Fatal(err)
	}
	refused(t, b.get("/v1/timeline"), http.StatusServiceUnavailable, "audit_unavailable")
	refused(t, auditor.get("/audit/v1/entries"), http.StatusServiceUnavailable, "audit_unavailable")
	refused(t, s.browser().get("/readyz"), http.StatusServiceUnavailable, "service_unavailable")
	answered(t, s.browser().get(s.AdminURL+"/readyz"), http.StatusServiceUnavailable)
	metrics := string(s.browser().get(s.AdminURL + "/metrics").Body)
	if !strings.Contains(metrics, "\npca_audit_failures_total 2\n") {
		t.Error("the alarm counter did not rise by the two answers that were withheld")
	}

	if _, err := db.ExecContext(t.Context(), `ROLLBACK`); err != nil {
		t.Fatal(err)
	}
	s.clock.Advance(time.Second) // the service remembers a failure for as long
	answered(t, s.browser().get("/readyz"), http.StatusOK)
	answered(t, b.get("/v1/timeline"), http.StatusOK)
	answered(t, auditor.get("/audit/v1/entries"), http.StatusOK)
	s.verified()
}
