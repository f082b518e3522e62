package httpapi

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/ulule/limiter/v3"
	"github.com/ulule/limiter/v3/drivers/store/memory"

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
			if s.limits, err = newLimiters(c.limits, nil, nil); err != nil {
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

// losable is a store of counts that can be lost.
type losable struct {
	limiter.Store

	lost bool
}

func (l *losable) Get(ctx context.Context, key string, rate limiter.Rate) (limiter.Context, error) {
	if l.lost {
		return limiter.Context{}, errors.New("lost")
	}
	return l.Store.Get(ctx, key, rate)
}

func TestReplicasLimitSignInsTogether(t *testing.T) {
	t.Parallel()
	together := &losable{Store: memory.NewStore()}
	var replicas []http.Handler
	for range 2 {
		empty := func(context.Context, *Request) (Answer, error) { return Nothing(), nil }
		s, server, _ := mounted(t,
			Route{Method: http.MethodGet, Path: "/login", Audience: Anybody, SignIn: true, Handler: empty},
			Route{Method: http.MethodGet, Path: "/things", Audience: Anybody, Handler: empty})
		var err error
		if s.limits, err = newLimiters(Limits{SignIn: "4-H", Address: "100-H"}, nil, together); err != nil {
			t.Fatal(err)
		}
		replicas = append(replicas, server)
	}
	get := func(replica int, path, address string) int {
		r := httptest.NewRequest(http.MethodGet, path, http.NoBody)
		r.RemoteAddr = address + ":1"
		w := httptest.NewRecorder()
		replicas[replica].ServeHTTP(w, r)
		return w.Code
	}
	passed := func(address string) (n int) {
		for i := range 10 {
			if get(i%2, "/login", address) == http.StatusNoContent {
				n++
			}
		}
		return n
	}
	if n := passed("192.0.2.1"); n != 4 {
		t.Errorf("%d sign-ins passed at two replicas, want 4", n)
	}
	if n := passed("192.0.2.2"); n != 4 {
		t.Errorf("%d sign-ins of another address passed, want 4", n)
	}
	if code := get(0, "/things", "192.0.2.1"); code != http.StatusNoContent {
		t.Errorf("what is no sign-in: %d", code)
	}
	together.lost = true
	if n := passed("192.0.2.3"); n != 8 {
		t.Errorf("%d sign-ins passed, want 4 at each replica while they cannot count together", n)
	}
}
