package httpapi

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/patient-care-aggregator/aggregator/internal/keys"
	"github.com/patient-care-aggregator/aggregator/internal/problem"
	"github.com/patient-care-aggregator/aggregator/internal/session"
)

// oneTime keeps sign-ins under way in memory.
type oneTime struct {
	mu     sync.Mutex
	values map[[32]byte][]byte
}

func (o *oneTime) Put(_ context.Context, _ string, hash [32]byte, value []byte, _ time.Time) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.values[hash] = value
	return nil
}

func (o *oneTime) Take(_ context.Context, _ string, hash [32]byte, _ time.Time) ([]byte, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	v, ok := o.values[hash]
	if !ok {
		return nil, session.ErrNone
	}
	delete(o.values, hash)
	return v, nil
}

func (*oneTime) RemoveExpired(context.Context, time.Time) (int, error) { return 0, nil }

// NHS login that asks for the citizen each time would otherwise be asked again
// each time, and the browser would go round and round.
func TestOnlyASilentSignInGoesOnInTheOpen(t *testing.T) {
	t.Parallel()
	ring, err := keys.Parse([]byte(keys.Generate("1")))
	if err != nil {
		t.Fatal(err)
	}
	signIns := &session.SignIns{Store: &oneTime{values: map[[32]byte][]byte{}}, Ring: ring, Now: time.Now}
	s := &server{d: Deps{SignIns: signIns}, cookies: newCookies("http://127.0.0.1")}
	for _, silent := range []bool{true, false} {
		for _, answer := range []string{"login_required", "interaction_required", "consent_required", "sso_login_required"} {
			state, err := signIns.Begin(t.Context(), session.Pending{Silent: silent, Binding: "binding", ReturnTo: "/timeline"})
			if err != nil {
				t.Fatal(err)
			}
			c, _ := gin.CreateTestContext(httptest.NewRecorder())
			c.Request = httptest.NewRequest(http.MethodGet, "/auth/callback?"+url.Values{"error": {answer}, "state": {state}}.Encode(), http.NoBody)
			c.Request.AddCookie(&http.Cookie{Name: s.cookies.binding, Value: "binding"})
			again, err := s.finishSignIn(c)
			if silent && (err != nil || again == nil || again.ReturnTo != "/timeline") {
				t.Errorf("%s to a silent try: %+v, %v", answer, again, err)
			}
			if !silent && (again != nil || problem.From(err).Code != problem.SignInRequired) {
				t.Errorf("%s in the open: %+v, %v", answer, again, err)
			}
		}
	}
}
