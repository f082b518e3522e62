package pages_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/patient-care-aggregator/aggregator/internal/local"
)

func TestThePrivacyNoticeComesAsTheReaderAsks(t *testing.T) {
	t.Parallel()
	j, err := local.NewJourney(start(t).URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(j.Close)
	for accept, want := range map[string]struct{ contentType, holds string }{
		"application/json":      {"application/json", `"digest":"`},
		"text/markdown":         {"text/markdown", "# How this service uses your information"},
		"text/html, */*; q=0.1": {"text/html", "<h2>How this service uses your information</h2>"},
	} {
		t.Run(accept, func(t *testing.T) {
			a, err := j.Do(t.Context(), http.MethodGet, "/v1/privacy-notice", nil, "Accept", accept)
			if err != nil || a.Status != http.StatusOK || !strings.HasPrefix(a.Header.Get("Content-Type"), want.contentType) || !strings.Contains(string(a.Body), want.holds) {
				t.Errorf("status %d, %s: %s", a.Status, a.Header.Get("Content-Type"), a.Body)
			}
		})
	}
}
