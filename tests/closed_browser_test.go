package tests_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/patient-care-aggregator/aggregator/tests/harness"
)

// keeper notes the cookies that a browser keeps when it is closed: those that say how
// long they live.
type keeper struct {
	http.Transport

	mu   sync.Mutex
	kept map[string]*http.Cookie
}

func (k *keeper) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := k.Transport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, c := range response.Cookies() {
		delete(k.kept, c.Name)
		if c.MaxAge > 0 {
			k.kept[c.Name] = c
		}
	}
	return response, nil
}

// A browser at a shared computer is closed without signing out, and opened again: the
// next person must not be let in with the session that NHS login still has.
func TestAfterAClosedBrowserNHSLoginAsksForThePassword(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	b := s.Browser()
	k := &keeper{kept: map[string]*http.Cookie{}}
	b.Through(k)
	harness.Answered(t, b.SignIn("bella"), http.StatusOK)

	opened := s.Browser()
	address, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range k.kept {
		if strings.Contains(c.Name, "session") {
			t.Errorf("the session outlives the browser: %s", c)
		}
		opened.Cookies().SetCookies(address, []*http.Cookie{c})
	}
	begun := opened.Must(opened.DoOnce(t.Context(), http.MethodGet, "/auth/login", nil))
	if to := begun.Header.Get("Location"); !strings.Contains(to, "prompt=login") {
		t.Errorf("NHS login is not told to ask again: %s", to)
	}
	if first := s.Browser(); strings.Contains(first.Must(first.DoOnce(t.Context(), http.MethodGet, "/auth/login", nil)).Header.Get("Location"), "prompt=login") {
		t.Error("a browser that was never here is told to sign in again")
	}
}
