package httpapi

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/session"
)

// sessionsByName takes the secret of a session for the citizen's pseudonym.
type sessionsByName struct{}

func (sessionsByName) Find(_ context.Context, secret string) (session.Session, error) {
	return session.Session{Citizen: citizen.New(citizen.Ref(secret), citizen.NHSNumber{}, [32]byte{1})}, nil
}

// Requests that a narrow limit refuses must not count under a wider one: otherwise
// one address, or one citizen, uses up what everybody shares.
func TestARefusedRequestCostsNobodyElse(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		limits      Limits
		greedy, who [2]string // address and citizen
	}{
		"one address":           {Limits{Address: "2-H", Global: "4-H"}, [2]string{"192.0.2.1:1", "ann"}, [2]string{"192.0.2.2:1", "bob"}},
		"one citizen":           {Limits{Citizen: "2-H", Client: "4-H"}, [2]string{"192.0.2.1:1", "ann"}, [2]string{"192.0.2.1:1", "bob"}},
		"one citizen, globally": {Limits{Citizen: "2-H", Global: "4-H"}, [2]string{"192.0.2.1:1", "ann"}, [2]string{"192.0.2.1:1", "bob"}},
		"one address in short":  {Limits{Address: "2-H,100-D", Global: "4-H"}, [2]string{"192.0.2.1:1", "ann"}, [2]string{"192.0.2.2:1", "bob"}},
		"one address at length": {Limits{Address: "100-H,2-D", Global: "4-H"}, [2]string{"192.0.2.1:1", "ann"}, [2]string{"192.0.2.2:1", "bob"}},
		"one household":         {Limits{Address: "2-H", Global: "4-H"}, [2]string{"[2001:db8:1:2::1]:1", "ann"}, [2]string{"[2001:db8:1:3::1]:1", "bob"}},
	} {
		t.Run(name, func(t *testing.T) {
			s, server, _ := mounted(t, Route{
				Method: http.MethodGet, Path: "/things", Audience: Citizens,
				Handler: func(context.Context, *Request) (Answer, error) { return Nothing(), nil },
			})
			s.d.Sessions, s.d.Now = sessionsByName{}, time.Now
			var err error
			if s.limits, err = newLimiters(c.limits, nil); err != nil {
				t.Fatal(err)
			}
			get := func(who [2]string) int {
				r := httptest.NewRequest(http.MethodGet, "/things", http.NoBody)
				r.RemoteAddr = who[0]
				r.AddCookie(&http.Cookie{Name: SessionCookie, Value: who[1]})
				w := httptest.NewRecorder()
				server.ServeHTTP(w, r)
				return w.Code
			}
			refused := 0
			for range 10 {
				if get(c.greedy) == http.StatusTooManyRequests {
					refused++
				}
			}
			if refused != 8 {
				t.Errorf("%d of 10 requests are refused, want 8", refused)
			}
			if got := get(c.who); got != http.StatusNoContent {
				t.Errorf("somebody else gets %d", got)
			}
		})
	}
}
