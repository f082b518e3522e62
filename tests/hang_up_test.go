package tests_test

import (
	"fmt"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/tests/harness"
)

// An unknown caller could otherwise make the log grow for ever, for nothing.
func TestCallbacksThatBeganNowhereAreCountedAndNotLogged(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	b := s.Browser()
	for _, path := range []string{
		"/auth/callback", "/auth/callback?code=c&state=FORGED", "/auth/callback?state=a&state=b", callbackOf(s.Browser(), "bella"),
		"/audit/callback?code=c&state=FORGED", s.Browser().StaffReturn("ada"),
	} {
		if a := b.Get(path); a.Status != http.StatusBadRequest {
			t.Errorf("%s: status %d", path, a.Status)
		}
	}
	if entries := entriesOf(s, audit.SignInRefused); len(entries) != 0 {
		t.Errorf("the log has %+v", entries)
	}
	metrics := string(b.Get(s.AdminURL + "/metrics").Body)
	for _, want := range []string{`pca_sign_ins_total{outcome="sign_in_expired"} 2`, `pca_sign_ins_total{outcome="sign_in_failed"} 2`, `pca_sign_ins_total{outcome="staff_sign_in_failed"} 2`} {
		if !strings.Contains(metrics, want) {
			t.Errorf("no %s", want)
		}
	}
}

// A stranger could otherwise ring the alarm that wakes somebody: each connection
// that is closed at the wrong moment would count as a log that cannot be written.
func TestConnectionsThatAreClosedRaiseNoAlarm(t *testing.T) {
	t.Parallel()
	const strangers = 400
	s := harness.Start(t, harness.Env("PCA_RATE_LIMIT_ADDRESS", "off", "PCA_RATE_LIMIT_GLOBAL", "off"))
	host := strings.TrimPrefix(s.URL, "http://")
	for range strangers {
		conn, err := net.Dial("tcp", host)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := fmt.Fprintf(conn, "GET /auth/callback?state=x HTTP/1.1\r\nHost: %s\r\n\r\n", host); err != nil {
			t.Fatal(err)
		}
		if err := conn.Close(); err != nil {
			t.Fatal(err)
		}
	}
	metrics := ""
	for done := 0; done < strangers; {
		if t.Context().Err() != nil {
			t.Fatalf("only %d requests were served", done)
		}
		harness.Answered(t, s.Browser().Get("/auth/session"), http.StatusUnauthorized)
		metrics = string(s.Browser().Get(s.AdminURL + "/metrics").Body)
		done = 0
		for _, found := range regexp.MustCompile(`\npca_http_request_duration_seconds_count\{[^}]*route="/auth/callback"[^}]*\} (\d+)`).FindAllStringSubmatch(metrics, -1) {
			n, err := strconv.Atoi(found[1])
			if err != nil {
				t.Fatal(err)
			}
			done += n
		}
	}
	if !strings.Contains(metrics, "\npca_audit_failures_total 0\n") {
		t.Errorf("the alarm counter rose: %s", regexp.MustCompile(`pca_audit_failures_total \d+`).FindString(metrics))
	}
}
