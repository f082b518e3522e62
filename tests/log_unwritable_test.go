package tests_test

import (
	"database/sql"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/tests/harness"
)

func TestWhileTheLogCannotBeWrittenNothingIsShownAndNothingIsReady(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	b := s.Consented("bella")
	auditor := s.Auditor("ada")
	harness.Answered(t, s.Browser().Get("/readyz"), http.StatusOK)

	// Another process holds the database's only place for a writer.
	db, err := sql.Open("sqlite", "file:"+s.DatabasePath())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // only the lock mattered
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(t.Context(), `BEGIN IMMEDIATE`); err != nil {
		t.Fatal(err)
	}
	harness.Refused(t, b.Get("/v1/timeline"), http.StatusServiceUnavailable, "audit_unavailable")
	harness.Refused(t, auditor.Get("/audit/v1/entries"), http.StatusServiceUnavailable, "audit_unavailable")
	harness.Refused(t, s.Browser().Get("/readyz"), http.StatusServiceUnavailable, "service_unavailable")
	harness.Answered(t, s.Browser().Get(s.AdminURL+"/readyz"), http.StatusServiceUnavailable)
	metrics := string(s.Browser().Get(s.AdminURL + "/metrics").Body)
	if !strings.Contains(metrics, "\npca_audit_failures_total 2\n") {
		t.Error("the alarm counter did not rise by the two answers that were withheld")
	}

	if _, err := db.ExecContext(t.Context(), `ROLLBACK`); err != nil {
		t.Fatal(err)
	}
	s.Clock.Advance(time.Second) // a failure is believed for so long
	harness.Answered(t, s.Browser().Get("/readyz"), http.StatusOK)
	harness.Answered(t, b.Get("/v1/timeline"), http.StatusOK)
	harness.Answered(t, auditor.Get("/audit/v1/entries"), http.StatusOK)
	verifyLog(s)
}
