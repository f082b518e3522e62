package httpapi

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/patient-care-aggregator/aggregator/internal/problem"
	"github.com/patient-care-aggregator/aggregator/internal/session"
)

func TestSigningInDoesNotGoRoundInACircle(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	s := &server{d: Deps{Now: func() time.Time { return now }}}
	for name, c := range map[string]struct {
		code     problem.Code
		signedIn time.Duration // ago
		want     string
	}{
		"refused right after signing in: told, not sent again": {problem.ReauthenticationRequired, 10 * time.Second, ""},
		"refused later: sent to sign in":                       {problem.ReauthenticationRequired, time.Hour, "/auth/login?return_to=%2Ftimeline"},
		"the NHS does not answer: signing in does not help":    {problem.UpstreamUnavailable, time.Hour, ""},
	} {
		t.Run(name, func(t *testing.T) {
			gc, _ := gin.CreateTestContext(httptest.NewRecorder())
			gc.Request = httptest.NewRequest(http.MethodGet, "/timeline", nil)
			requestOf(gc).SetReturnTo("/timeline")
			requestOf(gc).caller = &Caller{Session: session.Session{SignedInAt: now.Add(-c.signedIn)}, Via: ViaCookie}
			if got := s.redirectTarget(gc, problem.New(c.code, nil)); got != c.want {
				t.Errorf("sent to %q, want %q", got, c.want)
			}
		})
	}
}
