//go:build linux

package replicas_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/store/postgrestest"
	"github.com/patient-care-aggregator/aggregator/tests/harness"
)

// consentID is the citizen's one consent.
func (c *citizen) consentID(replica string) string {
	c.f.T.Helper()
	var all struct {
		Consents []struct{ ID string }
	}
	if err := json.Unmarshal(c.answered(replica, http.MethodGet, "/v1/consents", http.StatusOK), &all); err != nil || len(all.Consents) != 1 {
		c.f.T.Fatalf("%+v, %v", all, err)
	}
	return all.Consents[0].ID
}

func TestWhatEndsOnOneReplicaHasEndedOnAll(t *testing.T) {
	t.Parallel()
	f := begin(t, 2)
	one, other := f.replicas[0].address(), f.replicas[1].address()

	bella, sunny := f.citizen("bella"), f.citizen("sunny")
	for _, replica := range []string{one, other, f.URL} { // each has the session and the consent in memory
		bella.answered(replica, http.MethodGet, "/v1/timeline", http.StatusOK)
		sunny.answered(replica, http.MethodGet, "/v1/timeline", http.StatusOK)
	}
	bella.answered(one, http.MethodDelete, "/v1/consents/"+bella.consentID(one), http.StatusNoContent)
	for _, replica := range []string{other, f.URL, one} {
		body := bella.answered(replica, http.MethodGet, "/v1/timeline", http.StatusForbidden)
		if !strings.Contains(string(body), "consent_required") {
			t.Errorf("%s", body)
		}
	}
	sunny.answered(other, http.MethodPost, "/auth/logout", http.StatusNoContent)
	for _, replica := range []string{one, f.URL, other} {
		sunny.answered(replica, http.MethodGet, "/v1/timeline", http.StatusUnauthorized)
	}
	f.whole()
}

// A database that is lost is told of as 503 in time, and is found again without a restart.
func TestALostDatabaseIsExactly503(t *testing.T) {
	t.Parallel()
	server := postgrestest.Start(t)
	database := server.Database(t)
	f := begin(t, 0, harness.Env("PCA_DATABASE_URL", database))
	bella, ada := f.citizen("bella"), f.auditor("ada")
	bella.answered(f.URL, http.MethodGet, "/v1/timeline", http.StatusOK)
	for name, fault := range map[string]struct{ lose, bring func() }{
		"killed": {server.Kill, func() {
			if err := server.Run(); err != nil {
				t.Fatal(err)
			}
		}},
		"hung": {server.Hang, server.Continue},
	} {
		fault.lose()
		for _, path := range []string{"/v1/timeline", "/v1/timeline", "/readyz", "/audit/session", "/audit/login", "/audit/v1/statistics"} {
			begun := time.Now()
			who := bella
			if strings.HasPrefix(path, "/audit/") {
				who = ada // is not told that they are signed out
			}
			body := who.answered(f.URL, http.MethodGet, path, http.StatusServiceUnavailable)
			if who == ada && !strings.Contains(string(body), "service_unavailable") {
				t.Errorf("%s: %s: %s", name, path, body)
			}
			if took := time.Since(begun); took > 11*time.Second {
				t.Errorf("%s: %s was answered after %v", name, path, took)
			}
		}
		fault.bring()
		again := time.Now()
		for {
			status, body, _, err := bella.ask(t.Context(), f.URL, http.MethodGet, "/v1/timeline")
			if err == nil && status == http.StatusOK {
				break
			}
			if err != nil || status != http.StatusServiceUnavailable || time.Since(again) > time.Minute {
				t.Fatalf("%s: status %d, %v: %s", name, status, err, body)
			}
		}
		bella.answered(f.URL, http.MethodGet, "/readyz", http.StatusOK)
		ada.answered(f.URL, http.MethodGet, "/audit/session", http.StatusOK)
	}
	f.whole()
}

func TestAnAuditorIsSignedInOnAllReplicas(t *testing.T) {
	t.Parallel()
	f := begin(t, 2)
	ada := f.auditor("ada")
	one, other := f.replicas[0].address(), f.replicas[1].address()
	for _, replica := range []string{one, other, f.URL} {
		ada.answered(replica, http.MethodGet, "/audit/session", http.StatusOK)
	}
	ada.answered(one, http.MethodPost, "/audit/logout", http.StatusNoContent)
	for _, replica := range []string{other, f.URL, one} {
		ada.answered(replica, http.MethodGet, "/audit/session", http.StatusUnauthorized)
	}
}
