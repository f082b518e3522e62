package telemetry_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/telemetry"
)

func TestMetrics(t *testing.T) {
	m := telemetry.NewMetrics()
	m.Request("/v1/referrals/:id", "GET", 207, 250*time.Millisecond)
	m.Upstream("ers A001", 0, 9*time.Second)
	m.Cache("reading", "hit")
	m.Redis("get", "not-asked", 0)
	m.RedisLost(true)
	m.SharedCache("reading", "local")
	m.SignIn("under_16")
	m.Unreadable("ers-01", "subject", 3)
	m.UnknownCode("state", 2)
	m.ForeignSubject()
	m.AuditFailed()
	m.Contradiction()

	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", http.NoBody))
	got := w.Body.String()
	for _, want := range []string{
		`pca_http_request_duration_seconds_count{method="GET",route="/v1/referrals/:id",status="207"} 1`,
		`pca_http_request_duration_seconds_bucket{method="GET",route="/v1/referrals/:id",status="207",le="0.25"} 1`,
		`pca_upstream_request_duration_seconds_count{operation="ers A001",status="0"} 1`,
		`pca_upstream_request_duration_seconds_bucket{operation="ers A001",status="0",le="5"} 0`,
		`pca_cache_requests_total{cache="reading",outcome="hit"} 1`,
		`pca_redis_command_duration_seconds_count{command="get",outcome="not-asked"} 1`,
		"pca_redis_lost 1",
		`pca_shared_cache_events_total{cache="reading",event="local"} 1`,
		`pca_sign_ins_total{outcome="under_16"} 1`,
		`pca_unreadable_items_total{reason="subject",source="ers-01"} 3`,
		`pca_unknown_codes_total{kind="state"} 2`,
		"pca_foreign_subject_total 1",
		"pca_contradictions_total 1",
		"pca_audit_failures_total 1",
		"go_goroutines ",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s", want)
		}
	}
	t.Run("the alarms are zero before anything happens", func(t *testing.T) {
		w := httptest.NewRecorder()
		telemetry.NewMetrics().Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", http.NoBody))
		for _, alarm := range []string{"pca_foreign_subject_total 0", "pca_contradictions_total 0", "pca_audit_failures_total 0"} {
			if !strings.Contains(w.Body.String(), alarm) {
				t.Errorf("no %s: an alarm on its growth would never ring", alarm)
			}
		}
	})
}

func TestTracingCostsNothingUnlessExported(t *testing.T) {
	p, stop, err := telemetry.NewTracerProvider(t.Context(), false, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, span := p.Tracer("x").Start(t.Context(), "y"); span.IsRecording() {
		t.Error("records")
	}
	if err := stop(t.Context()); err != nil {
		t.Error(err)
	}
}
