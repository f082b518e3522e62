package staff_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/patient-care-aggregator/aggregator/internal/keys"
	"github.com/patient-care-aggregator/aggregator/internal/session"
	"github.com/patient-care-aggregator/aggregator/internal/staff"
)

// states is a store of one-time values in memory.
type states struct {
	mu   sync.Mutex
	kept map[string]kept
}

type kept struct {
	value   []byte
	expires time.Time
}

func (s *states) Put(_ context.Context, kind string, hash [32]byte, value []byte, expiresAt time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept[kind+string(hash[:])] = kept{value, expiresAt}
	return nil
}

func (s *states) Take(_ context.Context, kind string, hash [32]byte, now time.Time) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, ok := s.kept[kind+string(hash[:])]
	delete(s.kept, kind+string(hash[:]))
	if !ok || !now.Before(k.expires) {
		return nil, session.ErrNone
	}
	return k.value, nil
}

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

type fixture struct {
	*staff.SignIn

	provider *provider
	now      *time.Time
}

func setUp(t *testing.T, change ...func(*staff.Deps)) fixture {
	t.Helper()
	p := newProvider(t)
	now := noon
	ring, err := keys.Parse([]byte("1:" + strings.Repeat("A", 43) + "="))
	if err != nil {
		t.Fatal(err)
	}
	d := staff.Deps{
		Issuer: p.URL, ClientID: "us", ClientSecret: keys.NewSecret("shh"), RedirectURL: "http://127.0.0.1/audit/callback",
		RoleClaim: "roles", Role: "auditor", HTTP: &http.Client{Timeout: 5 * time.Second, Transport: p.Client().Transport},
		Ring: ring, States: &states{kept: map[string]kept{}}, Now: func() time.Time { return now }, AllowInsecure: true,
	}
	for _, c := range change {
		c(&d)
	}
	s, err := staff.NewSignIn(d)
	if err != nil {
		t.Fatal(err)
	}
	return fixture{s, p, &now}
}

// begin gives the parameters of the authorize request, and the browser's binding.
func (f fixture) begin(t *testing.T) (url.Values, string) {
	t.Helper()
	address, binding, err := f.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Query(), binding
}

func TestSignIn(t *testing.T) {
	t.Parallel()
	t.Run("an auditor is known by a pseudonym that stays the same and says nothing", func(t *testing.T) {
		t.Parallel()
		f := setUp(t)
		var seen []string
		for range 2 {
			q, binding := f.begin(t)
			f.provider.issue(f.provider.claims(q.Get("nonce"), noon), f.provider.key, jose.RS256)
			m, err := f.Finish(t.Context(), staff.Return{State: q.Get("state"), Code: "the-code", Binding: binding})
			if err != nil {
				t.Fatal(err)
			}
			seen = append(seen, m.Pseudonym)
		}
		if seen[0] != seen[1] || !strings.HasPrefix(seen[0], "staff:") || strings.Contains(strings.ToLower(seen[0]), "ada") || len(seen[0]) != 22 {
			t.Errorf("pseudonyms %q", seen)
		}
	})
	t.Run("the request asks for a code with PKCE S256, state and nonce, each new", func(t *testing.T) {
		t.Parallel()
		f := setUp(t)
		one, _ := f.begin(t)
		two, _ := f.begin(t)
		for _, name := range []string{"state", "nonce", "code_challenge"} {
			if one.Get(name) == "" || one.Get(name) == two.Get(name) {
				t.Errorf("%s is %q and then %q", name, one.Get(name), two.Get(name))
			}
		}
		if one.Get("code_challenge_method") != "S256" || one.Get("response_type") != "code" || one.Get("scope") != "openid" {
			t.Errorf("asked with %v", one)
		}
	})
	t.Run("the secret goes in a header and the verifier with the code", func(t *testing.T) {
		t.Parallel()
		f := setUp(t)
		q, binding := f.begin(t)
		f.provider.issue(f.provider.claims(q.Get("nonce"), noon), f.provider.key, jose.RS256)
		if _, err := f.Finish(t.Context(), staff.Return{State: q.Get("state"), Code: "the-code", Binding: binding}); err != nil {
			t.Fatal(err)
		}
		if got := f.provider.forms[0]; got["client_secret"] != nil || len(got["code_verifier"]) != 1 || f.provider.seen[0].Get("Authorization") == "" {
			t.Errorf("exchanged with %v", got)
		}
	})
	t.Run("a state serves once, also when many race for it", func(t *testing.T) {
		t.Parallel()
		f := setUp(t)
		q, binding := f.begin(t)
		f.provider.issue(f.provider.claims(q.Get("nonce"), noon), f.provider.key, jose.RS256)
		var wins sync.Map
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() {
				if _, err := f.Finish(t.Context(), staff.Return{State: q.Get("state"), Code: "the-code", Binding: binding}); err == nil {
					wins.Store(i, true)
				}
			})
		}
		all.Wait()
		n := 0
		wins.Range(func(any, any) bool { n++; return true })
		if n != 1 {
			t.Errorf("%d sign-ins with one state", n)
		}
	})
}

func TestSignInRefuses(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(c map[string]any){
		"another nonce":             func(c map[string]any) { c["nonce"] = "x" },
		"no nonce":                  func(c map[string]any) { delete(c, "nonce") },
		"another audience":          func(c map[string]any) { c["aud"] = "them" },
		"a second audience":         func(c map[string]any) { c["aud"] = []string{"us", "them"} },
		"another authorized party":  func(c map[string]any) { c["azp"] = "them" },
		"another issuer":            func(c map[string]any) { c["iss"] = "https://elsewhere.example" },
		"a token that has expired":  func(c map[string]any) { c["exp"] = noon.Add(-time.Minute).Unix() },
		"a token issued long ago":   func(c map[string]any) { c["iat"] = noon.Add(-time.Hour).Unix() },
		"a token from the future":   func(c map[string]any) { c["iat"] = noon.Add(time.Hour).Unix() },
		"a token about nobody":      func(c map[string]any) { c["sub"] = "" },
		"another access token hash": func(c map[string]any) { c["at_hash"] = "AAAAAAAAAAAAAAAAAAAAAA" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := setUp(t)
			q, binding := f.begin(t)
			claims := f.provider.claims(q.Get("nonce"), noon)
			spoil(claims)
			f.provider.issue(claims, f.provider.key, jose.RS256)
			_, err := f.Finish(t.Context(), staff.Return{State: q.Get("state"), Code: "the-code", Binding: binding})
			if !errors.Is(err, staff.ErrRefused) {
				t.Errorf("got %v", err)
			}
		})
	}
	t.Run("a token that somebody else signed", func(t *testing.T) {
		t.Parallel()
		f := setUp(t)
		q, binding := f.begin(t)
		f.provider.issue(f.provider.claims(q.Get("nonce"), noon), f.provider.others, jose.RS256)
		if _, err := f.Finish(t.Context(), staff.Return{State: q.Get("state"), Code: "the-code", Binding: binding}); !errors.Is(err, staff.ErrRefused) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("a token of an algorithm that the provider does not list", func(t *testing.T) {
		t.Parallel()
		for _, alg := range []jose.SignatureAlgorithm{jose.HS256, jose.RS512, jose.PS256} {
			f := setUp(t)
			q, binding := f.begin(t)
			f.provider.issue(f.provider.claims(q.Get("nonce"), noon), f.provider.key, alg)
			if _, err := f.Finish(t.Context(), staff.Return{State: q.Get("state"), Code: "the-code", Binding: binding}); !errors.Is(err, staff.ErrRefused) {
				t.Errorf("%s: got %v", alg, err)
			}
		}
	})
	t.Run("whoever did not begin, began elsewhere, took too long or comes from another provider", func(t *testing.T) {
		t.Parallel()
		for name, wrong := range map[string]func(f fixture, r *staff.Return){
			"an unknown state":            func(_ fixture, r *staff.Return) { r.State = "x" },
			"another browser":             func(_ fixture, r *staff.Return) { r.Binding = "x" },
			"no browser":                  func(_ fixture, r *staff.Return) { r.Binding = "" },
			"after ten minutes":           func(f fixture, _ *staff.Return) { *f.now = f.now.Add(staff.PendingLife) },
			"another provider's iss":      func(_ fixture, r *staff.Return) { r.Issuer = "https://elsewhere.example" },
			"the provider's own refusal":  func(_ fixture, r *staff.Return) { r.Error = "access_denied" },
			"an answer without ID token ": func(_ fixture, r *staff.Return) { r.Code = "another-code" },
		} {
			f := setUp(t)
			q, binding := f.begin(t)
			f.provider.issue(f.provider.claims(q.Get("nonce"), noon), f.provider.key, jose.RS256)
			r := staff.Return{State: q.Get("state"), Code: "the-code", Binding: binding}
			wrong(f, &r)
			if _, err := f.Finish(t.Context(), r); !errors.Is(err, staff.ErrRefused) {
				t.Errorf("%s: got %v", name, err)
			}
		}
	})
	t.Run("whoever lacks the role, and says who it was", func(t *testing.T) {
		t.Parallel()
		for _, roles := range []any{nil, "", "operator", []string{}, []string{"Auditor"}, []string{"auditors"}, 7, map[string]any{"auditor": true}} {
			f := setUp(t)
			q, binding := f.begin(t)
			claims := f.provider.claims(q.Get("nonce"), noon)
			claims["roles"] = roles
			f.provider.issue(claims, f.provider.key, jose.RS256)
			m, err := f.Finish(t.Context(), staff.Return{State: q.Get("state"), Code: "the-code", Binding: binding})
			if !errors.Is(err, staff.ErrRole) || m.Pseudonym == "" {
				t.Errorf("roles %v: got %v, %v", roles, m, err)
			}
		}
	})
	t.Run("a provider in trouble, without repeating what it wrote", func(t *testing.T) {
		t.Parallel()
		for status, want := range map[int]error{http.StatusBadRequest: staff.ErrRefused, http.StatusBadGateway: nil} {
			f := setUp(t)
			q, binding := f.begin(t)
			f.provider.status = status
			_, err := f.Finish(t.Context(), staff.Return{State: q.Get("state"), Code: "the-code", Binding: binding})
			if err == nil || (want != nil && !errors.Is(err, want)) || strings.Contains(err.Error(), "SECRET-OF-THE-PROVIDER") {
				t.Errorf("status %d: got %v", status, err)
			}
		}
	})
	t.Run("a provider that signs with nothing we accept", func(t *testing.T) {
		t.Parallel()
		f := setUp(t)
		f.provider.algs = []string{"HS256", "none"}
		if _, _, err := f.Begin(t.Context()); !errors.Is(err, staff.ErrUnavailable) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("plain http, unless it is permitted", func(t *testing.T) {
		t.Parallel()
		f := setUp(t, func(d *staff.Deps) { d.AllowInsecure = false })
		if _, _, err := f.Begin(t.Context()); !errors.Is(err, staff.ErrUnavailable) {
			t.Errorf("got %v", err)
		}
	})
}
