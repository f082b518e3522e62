package pages_test

import (
	"net/http"
	"strings"
	"testing"
)

func TestThePrivacyNoticeComesAsTheReaderAsks(t *testing.T) {
	t.Parallel()
	s := start(t)
	for accept, want := range map[string]struct{ contentType, holds string }{
		"application/json":      {"application/json", `"digest":"`},
		"text/markdown":         {"text/markdown", "# How this service uses your information"},
		"text/html, */*; q=0.1": {"text/html", "<h2>How this service uses your information</h2>"},
	} {
		t.Run(accept, func(t *testing.T) {
			a := s.Visitor(t, accept).Open("/v1/privacy-notice")
			if a.Status != http.StatusOK || !strings.HasPrefix(a.Header.Get("Content-Type"), want.contentType) || !strings.Contains(string(a.Body), want.holds) {
				t.Errorf("status %d, %s: %s", a.Status, a.Header.Get("Content-Type"), a.Body)
			}
		})
	}
}
