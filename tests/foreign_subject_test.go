package tests_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// metric gives the value of a metric without labels, as /metrics writes it.
func (s *service) metric(name string) string {
	s.t.Helper()
	a := s.browser().get(s.AdminURL + "/metrics")
	answered(s.t, a, http.StatusOK)
	found := regexp.MustCompile(`(?m)^` + name + ` (\S+)$`).FindSubmatch(a.Body)
	if found == nil {
		s.t.Fatalf("no metric %s", name)
	}
	return string(found[1])
}

func TestAnAnswerWithAnotherPersonsDataIsRefusedWholeAndRaisesTheAlarm(t *testing.T) {
	t.Parallel()
	s := start(t)
	if v := s.metric("pca_foreign_subject_total"); v != "0" {
		t.Fatalf("the alarm stands at %s before anything happened", v)
	}
	b := s.consented("olive")
	for _, path := range []string{"/v1/timeline", "/v1/referrals", "/v1/appointments"} {
		a := b.get(path)
		refused(t, a, http.StatusBadGateway, "upstream_unavailable")
		if strings.Contains(string(a.Body), "Cardiology") {
			t.Error("shows the citizen's own part of an answer that is not to be trusted")
		}
	}
	if v := s.metric("pca_foreign_subject_total"); v != "3" {
		t.Errorf("the alarm stands at %s after three such answers", v)
	}
	answered(t, s.consented("bella").get("/v1/timeline"), http.StatusOK) // nobody else is the worse for it
}
