package staff_test

import (
	"context"
	"crypto/rand"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/patient-care-aggregator/aggregator/internal/keys"
	"github.com/patient-care-aggregator/aggregator/internal/oidc"
	"github.com/patient-care-aggregator/aggregator/internal/oidc/oidctest"
	"github.com/patient-care-aggregator/aggregator/internal/staff"
	"github.com/patient-care-aggregator/aggregator/internal/staff/account"
)

type fixture struct {
	*oidctest.Provider
	*staff.SignIn

	accounts *accounts
	ring     *keys.Ring

	t *testing.T
}

// accounts keep rows in memory.
type accounts struct {
	rows  map[string]account.Sealed
	fails error
}

func (a *accounts) NoteAccount(_ context.Context, s account.Sealed) error {
	if a.rows == nil {
		a.rows = map[string]account.Sealed{}
	}
	a.rows[s.Pseudonym] = s
	return a.fails
}

func (a *accounts) Account(_ context.Context, pseudonym string) (account.Sealed, error) {
	s, ok := a.rows[pseudonym]
	if !ok {
		return s, account.ErrUnknown
	}
	return s, nil
}

func (a *accounts) AccountsUnderOtherKeys(_ context.Context, active, after string, _ int) ([]account.Sealed, error) {
	var out []account.Sealed
	for _, s := range a.rows {
		if s.KeyID != active && s.Pseudonym > after {
			out = append(out, s)
		}
	}
	return out, nil
}

func TestWhoLookedCanBeNamed(t *testing.T) {
	t.Parallel()
	f := setUp(t)
	m, err := f.signIn()
	if err != nil {
		t.Fatal(err)
	}
	want := account.Account{Issuer: f.URL, Subject: "ada"}
	if got, err := account.Who(t.Context(), f.accounts, f.ring, m.Pseudonym); err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
	if row := f.accounts.rows[m.Pseudonym]; strings.Contains(string(row.Box), "ada") {
		t.Error("the row says who it is")
	}
	if _, err := account.Who(t.Context(), f.accounts, f.ring, "staff:nobody"); !errors.Is(err, account.ErrUnknown) {
		t.Errorf("nobody: %v", err)
	}
	t.Run("not by another's row", func(t *testing.T) {
		row := f.accounts.rows[m.Pseudonym]
		row.Pseudonym = "staff:eve"
		f.accounts.rows["staff:eve"] = row
		defer delete(f.accounts.rows, "staff:eve")
		if got, err := account.Who(t.Context(), f.accounts, f.ring, "staff:eve"); err == nil {
			t.Errorf("%+v", got)
		}
	})
	t.Run("also after the key was changed, and then without the old one", func(t *testing.T) {
		both, err := keys.Parse([]byte("2:" + strings.Repeat("B", 43) + "=\n1:" + strings.Repeat("A", 43) + "="))
		if err != nil {
			t.Fatal(err)
		}
		if n, err := account.Reseal(t.Context(), f.accounts, both); n != 1 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
		alone, err := keys.Parse([]byte("2:" + strings.Repeat("B", 43) + "="))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := account.Who(t.Context(), f.accounts, alone, m.Pseudonym); err != nil || got != want {
			t.Errorf("%+v, %v", got, err)
		}
	})
	t.Run("and under both pseudonyms it is one person", func(t *testing.T) {
		both, err := keys.Parse([]byte("2:" + strings.Repeat("B", 43) + "=\n1:" + strings.Repeat("A", 43) + "="))
		if err != nil {
			t.Fatal(err)
		}
		for pseudonym, a := range map[string]account.Account{"staff:again": want, "staff:other": {Issuer: want.Issuer, Subject: "eve"}} {
			if err := account.Note(t.Context(), f.accounts, both, pseudonym, a); err != nil {
				t.Fatal(err)
			}
		}
		for other, one := range map[string]bool{m.Pseudonym: true, "staff:again": true, "staff:other": false, "staff:nobody": false, "service": false} {
			if same, err := account.Same(t.Context(), f.accounts, both, m.Pseudonym, other); err != nil || same != one {
				t.Errorf("%s: %v, %v", other, same, err)
			}
		}
	})
	t.Run("and whom nobody could name is not let in", func(t *testing.T) {
		f.accounts.fails = errors.New("disk full")
		if m, err := f.signIn(); !errors.Is(err, oidc.ErrUnavailable) || m.Pseudonym != "" {
			t.Errorf("%+v, %v", m, err)
		}
	})
}

func setUp(t *testing.T, acr ...string) *fixture {
	t.Helper()
	p := oidctest.New(t, jose.RS256)
	ring, err := keys.Parse([]byte("1:" + strings.Repeat("A", 43) + "="))
	if err != nil {
		t.Fatal(err)
	}
	f := (&fixture{Provider: p, t: t, accounts: &accounts{}}).under(ring, acr...)
	p.With(map[string]any{"roles": []string{"reader", "auditor"}, "name": "Ada Auditor", "sub": "ada"})
	return f
}

// under is the same service with that key ring, and without the sign-ins that were begun.
func (f *fixture) under(ring *keys.Ring, acr ...string) *fixture {
	f.t.Helper()
	p := f.Provider
	s, err := staff.NewSignIn(staff.Deps{
		Issuer: p.URL, ClientID: oidctest.ClientID, ClientSecret: keys.NewSecret("shh"), RedirectURL: oidctest.RedirectURL,
		RoleClaim: "roles", Roles: map[string][]staff.Role{"auditor": {staff.Count, staff.Read}, "reader": {staff.Read}, "records": {staff.Records}}, ACR: acr, Accounts: f.accounts,
		RelyingParty: oidc.Deps{
			HTTP: oidctest.HTTP(f.t, p.Now), Store: &oidctest.Store{}, Ring: ring, Now: p.Now, Random: rand.Reader, AllowInsecure: true,
		},
	})
	if err != nil {
		f.t.Fatal(err)
	}
	return &fixture{Provider: p, SignIn: s, t: f.t, accounts: f.accounts, ring: ring}
}

func (f *fixture) signIn() (staff.Member, error) {
	f.t.Helper()
	r, err := f.Begin(f.t.Context())
	if err != nil {
		return staff.Member{}, err
	}
	f.Visit(r.URL)
	m, again, err := f.finish(r)
	if again {
		f.t.Error("it says that somebody was signed in")
	}
	return m, err
}

func (f *fixture) finish(r oidc.Redirect) (m staff.Member, again bool, err error) {
	f.t.Helper()
	return f.Finish(f.t.Context(), oidc.Callback{State: r.State, Binding: r.Binding, Code: oidctest.Code, Issuer: f.URL})
}

func TestSignIn(t *testing.T) {
	t.Parallel()
	t.Run("an auditor is known by a pseudonym that stays the same and says nothing", func(t *testing.T) {
		t.Parallel()
		f := setUp(t)
		one, err := f.signIn()
		other, err2 := f.signIn()
		if err := errors.Join(err, err2); err != nil {
			t.Fatal(err)
		}
		if one.Pseudonym != other.Pseudonym || !strings.HasPrefix(one.Pseudonym, "staff:") || strings.Contains(strings.ToLower(one.Pseudonym), "ada") || len(one.Pseudonym) != 22 {
			t.Errorf("%q and %q", one, other)
		}
	})
	t.Run("the request asks for a code with PKCE S256, whatever discovery says", func(t *testing.T) {
		t.Parallel()
		f := setUp(t)
		f.Document = func(d map[string]any) { delete(d, "code_challenge_methods_supported") }
		r, err := f.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if q := f.Visit(r.URL); q.Get("code_challenge_method") != "S256" || q.Get("response_type") != "code" || q.Get("scope") != "openid" {
			t.Errorf("asked with %v", q)
		}
	})
	t.Run("the claim is a text or a list, and each value gives its roles", func(t *testing.T) {
		t.Parallel()
		f := setUp(t)
		for _, c := range []struct {
			claim any
			want  []staff.Role
		}{
			{"auditor", []staff.Role{staff.Count, staff.Read}},
			{[]string{"auditor"}, []staff.Role{staff.Count, staff.Read}},
			{[]string{"records", "reader", "auditor", "cleaner"}, []staff.Role{staff.Count, staff.Read, staff.Records}},
		} {
			f.With(map[string]any{"roles": c.claim})
			if m, err := f.signIn(); err != nil || !slices.Equal(m.Roles, c.want) {
				t.Errorf("roles %v: %v, %v", c.claim, m, err)
			}
		}
	})
	t.Run("a person without the role is refused, and the error says who it was", func(t *testing.T) {
		t.Parallel()
		f := setUp(t)
		for _, roles := range []any{nil, "", "operator", []string{}, []string{"Auditor"}, []string{"auditors"}, 7, map[string]any{"auditor": true}} {
			f.With(map[string]any{"roles": roles})
			if m, err := f.signIn(); !errors.Is(err, staff.ErrRole) || m.Pseudonym == "" {
				t.Errorf("roles %v: got %v, %v", roles, m, err)
			}
		}
	})
	t.Run("a token of an algorithm that the provider does not list", func(t *testing.T) {
		t.Parallel()
		for _, alg := range []jose.SignatureAlgorithm{jose.RS512, jose.PS256} {
			f := setUp(t)
			f.Token = func(claims map[string]any) string { return f.Sign(alg, f.Key, f.KeyID, claims) }
			if _, err := f.signIn(); !errors.Is(err, oidc.ErrInvalid) {
				t.Errorf("%s: got %v", alg, err)
			}
		}
	})
}

func TestASignInIsFreshAndAsStrongAsDemanded(t *testing.T) {
	t.Parallel()
	f, strict := setUp(t), setUp(t, "mfa", "hardware")
	for name, c := range map[string]struct {
		claims         map[string]any
		plain, demands error
	}{
		"fresh":             {map[string]any{"auth_time": f.Now().Unix(), "acr": "mfa"}, nil, nil},
		"fresh and weak":    {map[string]any{"auth_time": f.Now().Unix(), "acr": "pwd"}, nil, staff.ErrWeakSignIn},
		"of no strength":    {map[string]any{"auth_time": f.Now().Unix()}, nil, staff.ErrWeakSignIn},
		"of two strengths":  {map[string]any{"auth_time": f.Now().Unix(), "acr": []string{"mfa", "pwd"}}, nil, staff.ErrWeakSignIn},
		"of no time":        {map[string]any{"acr": "mfa"}, nil, oidc.ErrInvalid},
		"of this morning":   {map[string]any{"auth_time": f.Now().Add(-time.Hour).Unix(), "acr": "mfa"}, oidc.ErrInvalid, oidc.ErrInvalid},
		"at no time at all": {map[string]any{"auth_time": "yesterday", "acr": "mfa"}, oidc.ErrInvalid, oidc.ErrInvalid},
	} {
		for g, want := range map[*fixture]error{f: c.plain, strict: c.demands} {
			claims := map[string]any{"roles": "auditor", "auth_time": nil, "acr": nil}
			maps.Copy(claims, c.claims)
			g.With(claims)
			if _, err := g.signIn(); !errors.Is(err, want) {
				t.Errorf("%s: got %v, want %v", name, err, want)
			}
		}
	}
	r, err := strict.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if q := strict.Visit(r.URL); q.Get("prompt") != "login" || q.Get("max_age") != "0" || q.Get("acr_values") != "mfa hardware" {
		t.Errorf("asked with %v", q)
	}
}

// A silent sign-in says that the same person is still there and which roles they have
// now; nobody else comes in by it.
func TestASignInWithoutQuestions(t *testing.T) {
	t.Parallel()
	f := setUp(t)
	ada, err := f.signIn()
	if err != nil {
		t.Fatal(err)
	}
	current := staff.Session{Member: ada, SignedIn: f.Now()}
	f.Pass(time.Hour)
	begin := func() oidc.Redirect {
		t.Helper()
		r, err := f.BeginAgain(t.Context(), current, f.Now())
		if err != nil {
			t.Fatal(err)
		}
		if q := f.Visit(r.URL); q.Get("prompt") != "none" || q.Get("max_age") != "4200" {
			t.Errorf("asked with %v", q)
		}
		return r
	}
	f.With(map[string]any{"sub": "ada", "roles": "reader", "auth_time": current.SignedIn.Unix()})
	if m, again, err := f.finish(begin()); err != nil || !again || m.Pseudonym != ada.Pseudonym || !slices.Equal(m.Roles, []staff.Role{staff.Read}) {
		t.Errorf("%+v, %v, %v", m, again, err)
	}
	f.With(map[string]any{"sub": "ada", "roles": "none"})
	if m, again, err := f.finish(begin()); !errors.Is(err, staff.ErrRole) || !again || m.Pseudonym != ada.Pseudonym {
		t.Errorf("%+v, %v, %v", m, again, err)
	}
	f.With(map[string]any{"roles": "auditor", "sub": "eve"})
	if m, _, err := f.finish(begin()); !errors.Is(err, staff.ErrSomebodyElse) || m.Pseudonym == ada.Pseudonym {
		t.Errorf("%+v, %v", m, err)
	}
	r := begin()
	if _, again, err := f.Finish(t.Context(), oidc.Callback{State: r.State, Binding: r.Binding, Error: "login_required", Issuer: f.URL}); !errors.Is(err, oidc.ErrAskOpenly) || !again {
		t.Errorf("%v, %v", again, err)
	}
}

// Sessions outlive a restart, and with it a change of the active key. The log must not
// say then that an auditor came back as somebody else.
func TestWhoSignedInUnderTheKeyBeforeIsAskedAndNotRefused(t *testing.T) {
	t.Parallel()
	old := setUp(t)
	ada, err := old.signIn()
	if err != nil {
		t.Fatal(err)
	}
	current := staff.Session{Member: ada, SignedIn: old.Now()}
	both, err := keys.Parse([]byte("2:" + strings.Repeat("B", 43) + "=\n1:" + strings.Repeat("A", 43) + "="))
	if err != nil {
		t.Fatal(err)
	}
	f := old.under(both)
	for sub, want := range map[string]error{"ada": oidc.ErrAskOpenly, "eve": staff.ErrSomebodyElse} {
		r, err := f.BeginAgain(t.Context(), current, f.Now())
		if err != nil {
			t.Fatal(err)
		}
		f.Visit(r.URL)
		f.With(map[string]any{"sub": sub, "roles": "auditor", "auth_time": current.SignedIn.Unix()})
		m, again, err := f.finish(r)
		if !errors.Is(err, want) || errors.Is(err, oidc.ErrAskOpenly) != (sub == "ada") || !again || m.Pseudonym == ada.Pseudonym {
			t.Errorf("%s: %+v, %v, %v", sub, m, again, err)
		}
	}
	f.With(map[string]any{"sub": "ada", "roles": "auditor"})
	if m, err := f.signIn(); err != nil || m.Pseudonym == ada.Pseudonym {
		t.Errorf("once asked: %+v, %v", m, err)
	}
}

// An hour into an outage of discovery no auditor could sign in.
func TestAuditorsSignInWhileDiscoveryIsDown(t *testing.T) {
	t.Parallel()
	f := setUp(t)
	if _, err := f.signIn(); err != nil {
		t.Fatal(err)
	}
	f.Break(oidctest.DiscoveryDoc, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	f.Pass(2 * time.Hour)
	if _, err := f.signIn(); err != nil {
		t.Errorf("after 2 hours: %v", err)
	}
}
