package tests_test

import (
	"fmt"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/patient-care-aggregator/aggregator/tests/harness"
)

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
