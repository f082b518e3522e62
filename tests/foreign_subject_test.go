package tests_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/patient-care-aggregator/aggregator/tests/harness"
)

// metricOf returns the value of a metric without labels, as /metrics writes it.
func metricOf(s *harness.Service, name string) string {
	s.T.Helper()
	a := s.Browser().Get(s.AdminURL + "/metrics")
	harness.Answered(s.T, a, http.StatusOK)
	found := regexp.MustCompile(`(?m)^` + name + ` (\S+)$`).FindSubmatch(a.Body)
	if found == nil {
		s.T.Fatalf("no metric %s", name)
	}
	return string(found[1])
}

func TestAnAnswerWithAnotherPersonsDataIsRefusedWholeAndRaisesTheAlarm(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	if v := metricOf(s, "pca_foreign_subject_total"); v != "0" {
		t.Fatalf("the alarm stands at %s before anything happened", v)
	}
	b := s.Consented("olive")
	for _, path := range []string{"/v1/timeline", "/v1/referrals", "/v1/appointments"} {
		a := b.Get(path)
		harness.Refused(t, a, http.StatusBadGateway, "upstream_unavailable")
		if strings.Contains(string(a.Body), "Cardiology") {
			t.Error("shows the citizen's own part of an answer that is not to be trusted")
		}
	}
	if v := metricOf(s, "pca_foreign_subject_total"); v != "3" {
		t.Errorf("the alarm stands at %s after three such answers", v)
	}
	harness.Answered(t, s.Consented("bella").Get("/v1/timeline"), http.StatusOK) // nobody else is the worse for it
}
