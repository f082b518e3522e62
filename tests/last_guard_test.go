package tests_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/tests/harness"
)

// TestAnAnswerWithTheNHSNumberIsWithheldAndRaisesTheAlarm lets e-RS send a booking
// reference that is right in its form and has the citizen's NHS number in it.
func TestAnAnswerWithTheNHSNumberIsWithheldAndRaisesTheAlarm(t *testing.T) {
	t.Parallel()
	nhs := &oddNHS{}
	upstream := httptest.NewServer(nhs)
	t.Cleanup(upstream.Close)
	s := harness.Start(t, harness.Env("PCA_ERS_BASE_URL", upstream.URL))
	nhs.url, nhs.number = upstream.URL, s.Number("sunny")
	text, err := os.ReadFile(filepath.Join("testdata", "odd", "f06-revoked-booked.json"))
	if err != nil {
		t.Fatal(err)
	}
	nhs.now = harness.Read[oddAnswer](t, []byte(strings.ReplaceAll(string(text), "000049730013", "00{{NHS}}")))
	b := s.Consented("sunny")
	if v := metricOf(s, "pca_nhs_numbers_withheld_total"); v != "0" {
		t.Fatalf("the alarm stands at %s before anything happened", v)
	}
	for _, path := range []string{"/v1/timeline", "/v1/referrals"} {
		a := b.Get(path)
		harness.Refused(t, a, http.StatusBadGateway, "upstream_unavailable")
		if strings.Contains(onlyDigits(a.Body), nhs.number) {
			t.Errorf("%s: the answer holds the number", path)
		}
	}
	page := s.Person(t)
	page.SignIn("sunny", "/timeline")
	if a := page.Open("/timeline"); a.Status != http.StatusBadGateway || strings.Contains(onlyDigits(a.Body), nhs.number) {
		t.Errorf("the page: status %d: %s", a.Status, a.Body)
	}
	if v := metricOf(s, "pca_nhs_numbers_withheld_total"); v == "0" {
		t.Error("no alarm was raised")
	}
	if n := len(entriesOf(s, audit.DataReleased)); n != 0 {
		t.Errorf("%d entries say that it was shown", n)
	}
	if len(entriesOf(s, audit.DataRefused)) == 0 {
		t.Error("that it was refused is not in the log")
	}
}
