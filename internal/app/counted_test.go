package app

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/patient-care-aggregator/aggregator/internal/telemetry"
	"github.com/patient-care-aggregator/aggregator/internal/timeline"
)

// The hazard log relies on these numbers: a rise shows the team that a source or
// the disclosure policy changed what citizens read.
func TestWhatWasNotShownAsSentReachesTheMetrics(t *testing.T) {
	t.Parallel()
	w := &wiring{metrics: telemetry.NewMetrics()}
	w.counted(timeline.Counts{Softened: 1, Contradictions: 2, Duplicates: 3})
	answer := httptest.NewRecorder()
	w.metrics.Handler().ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", http.NoBody))
	for _, want := range []string{
		`pca_referrals_not_as_sent_total{reason="softened"} 1`,
		`pca_referrals_not_as_sent_total{reason="contradiction"} 2`,
		`pca_referrals_not_as_sent_total{reason="duplicate"} 3`,
	} {
		if !strings.Contains(answer.Body.String(), want) {
			t.Errorf("no %s", want)
		}
	}
}
