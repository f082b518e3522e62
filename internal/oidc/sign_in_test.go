package oidc_test

import (
	"crypto/rand"
	"errors"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"go.uber.org/goleak"

	"github.com/patient-care-aggregator/aggregator/internal/keys"
	"github.com/patient-care-aggregator/aggregator/internal/oidc"
	"github.com/patient-care-aggregator/aggregator/internal/oidc/oidctest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const pendingLife = 10 * time.Minute

type fixture struct {
	*oidctest.Provider
	*oidc.RelyingParty

	t     *testing.T
	store *oidctest.Store
}

// setUp returns a provider that signs with RS512 and a relying party of it.
func setUp(t *testing.T, change ...func(*oidc.Config, *oidc.Deps)) *fixture {
	t.Helper()
	p := oidctest.New(t, jose.RS512)
	ring, err := keys.Parse([]byte(keys.Generate("1")))
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{Provider: p, t: t, store: &oidctest.Store{}}
	c := oidc.Config{
		Purpose: "test", Issuer: p.URL, ClientID: oidctest.ClientID, RedirectURL: oidctest.RedirectURL,
		Scopes: []string{"openid", "profile"}, Algorithms: []string{"RS512"}, PendingLife: pendingLife,
		ClientAssertion: func(tokenURL string) (string, error) {
			return "assertion for " + strings.TrimPrefix(tokenURL, p.URL), nil
		},
	}
	d := oidc.Deps{HTTP: oidctest.HTTP(t, p.Now), Store: f.store, Ring: ring, Now: p.Now, Random: rand.Reader, AllowInsecure: true}
	for _, apply := range change {
		apply(&c, &d)
	}
	if f.RelyingParty, err = oidc.New(c, d); err != nil {
		t.Fatal(err)
	}
	return f
}

// begin starts a sign-in that must be able to start, and visits the provider.
func (f *fixture) begin(prompt string) oidc.Redirect {
	f.t.Helper()
	r, err := f.Begin(f.t.Context(), oidc.Request{Prompt: prompt, ReturnTo: "/timeline"})
	if err != nil {
		f.t.Fatal(err)
	}
	f.Visit(r.URL)
	return r
}

// back is the callback of a sign-in.
func back(r oidc.Redirect) oidc.Callback {
	return oidc.Callback{State: r.State, Code: oidctest.Code, Binding: r.Binding}
}

// signIn makes a complete sign-in.
func (f *fixture) signIn(prompt string) (oidc.Result, error) {
	f.t.Helper()
	r, err := f.Begin(f.t.Context(), oidc.Request{Prompt: prompt, ReturnTo: "/timeline"})
	if err != nil {
		return oidc.Result{}, err
	}
	f.Visit(r.URL)
	return f.Finish(f.t.Context(), back(r))
}

// ends asserts how a sign-in ended: with want and no other error of the package,
// and without repeating what a provider or a browser sent.
func ends(t *testing.T, name string, err, want error) {
	t.Helper()
	for _, sentinel := range []error{oidc.ErrUnavailable, oidc.ErrExpired, oidc.ErrInvalid, oidc.ErrRefused, oidc.ErrLoginRequired, oidc.ErrAskOpenly} {
		if errors.Is(err, sentinel) != (sentinel == want) { //nolint:errorlint // the sentinels themselves
			t.Errorf("%s: got %v, want %v", name, err, want)
		}
	}
	if err == nil {
		return
	}
	for _, secret := range []string{"9990000018", oidctest.AccessToken, oidctest.Code, "eyJ", "sub-1", "http://127"} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("%s: the error repeats %q: %v", name, secret, err)
		}
	}
}

func TestSignIn(t *testing.T) {
	f := setUp(t)
	result, err := f.signIn("")
	if err != nil {
		t.Fatal(err)
	}
	var claims struct{ JTI string }
	if err := result.Claims(&claims); err != nil || claims.JTI != "id-token-1" {
		t.Errorf("claims %+v, %v", claims, err)
	}
	if result.ReturnTo != "/timeline" || result.Subject != "sub-1" || result.Issuer != f.URL || !result.Expires.Equal(f.Now().Add(time.Hour)) ||
		strings.Count(result.IDToken.Reveal(), ".") != 2 {
		t.Errorf("%+v", result)
	}
	if _, err := f.signIn(""); err != nil {
		t.Fatal(err)
	}
	if f.Asked(oidctest.DiscoveryDoc) != 1 || f.Asked(oidctest.KeysPath) != 1 || f.Asked(oidctest.TokenPath) != 2 {
		t.Errorf("2 sign-ins: asked %d, %d, %d times", f.Asked(oidctest.DiscoveryDoc), f.Asked(oidctest.KeysPath), f.Asked(oidctest.TokenPath))
	}
	forms, _ := f.Exchanges()
	if got := forms[0]; got.Get("client_assertion") != "assertion for /token" || got.Get("client_assertion_type") != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" ||
		got.Get("client_id") != oidctest.ClientID || got.Get("redirect_uri") != oidctest.RedirectURL || got.Get("code") != oidctest.Code ||
		got.Get("grant_type") != "authorization_code" || len(got.Get("code_verifier")) < 43 || len(got) != 7 {
		t.Errorf("exchanged with %v", got)
	}
}

func TestAuthorizationRequest(t *testing.T) {
	f := setUp(t)
	for _, prompt := range []string{"", "none", "login"} {
		r, err := f.Begin(t.Context(), oidc.Request{Prompt: prompt, Extra: map[string]string{"vtr": "[]"}})
		if err != nil {
			t.Fatal(err)
		}
		q := f.Visit(r.URL)
		for name, want := range map[string]string{
			"response_type": "code", "client_id": oidctest.ClientID, "redirect_uri": oidctest.RedirectURL, "scope": "openid profile",
			"state": r.State, "vtr": "[]", "prompt": prompt, "code_challenge_method": "S256",
		} {
			if q.Get(name) != want {
				t.Errorf("prompt %q: %s is %q, want %q", prompt, name, q.Get(name), want)
			}
		}
		if strings.Contains(r.URL, r.Binding) || r.Life != pendingLife {
			t.Errorf("the binding belongs to the browser, for %v: %+v", pendingLife, r)
		}
	}
	one, other := f.Visit(f.begin("").URL), f.Visit(f.begin("").URL)
	for _, name := range []string{"state", "nonce", "code_challenge"} {
		if one.Get(name) == other.Get(name) || len(one.Get(name)) < 22 {
			t.Errorf("%s is %q and then %q", name, one.Get(name), other.Get(name))
		}
	}
	t.Run("no PKCE where the provider does not list it, unless it is required", func(t *testing.T) {
		for _, required := range []bool{false, true} {
			f := setUp(t, func(c *oidc.Config, _ *oidc.Deps) { c.RequirePKCE = required })
			f.Document = func(d map[string]any) { d["code_challenge_methods_supported"] = []string{"plain"} }
			if q := f.Visit(f.begin("").URL); q.Has("code_challenge") != required {
				t.Errorf("required %v: %v", required, q)
			}
		}
	})
	t.Run("a client secret goes in a header", func(t *testing.T) {
		f := setUp(t, func(c *oidc.Config, _ *oidc.Deps) { c.ClientAssertion, c.ClientSecret = nil, keys.NewSecret("shh") })
		if _, err := f.signIn(""); err != nil {
			t.Fatal(err)
		}
		forms, headers := f.Exchanges()
		if forms[0].Has("client_secret") || forms[0].Has("client_assertion") || !strings.HasPrefix(headers[0].Get("Authorization"), "Basic ") {
			t.Errorf("exchanged with %v", forms[0])
		}
	})
}

func TestAStateServesOnce(t *testing.T) {
	f := setUp(t)
	r := f.begin("")
	var in atomic.Int32
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if _, err := f.Finish(t.Context(), back(r)); err == nil {
				in.Add(1)
			} else if !errors.Is(err, oidc.ErrExpired) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if in.Load() != 1 {
		t.Errorf("%d sign-ins with one state", in.Load())
	}
}

func TestSignInsSideBySide(t *testing.T) {
	f := setUp(t)
	for _, reversed := range []bool{false, true} {
		begun := []oidc.Redirect{f.begin(""), f.begin("login"), f.begin("")}
		if reversed {
			slices.Reverse(begun)
		}
		if _, err := f.Finish(t.Context(), oidc.Callback{State: "FORGED", Code: oidctest.Code, Binding: begun[0].Binding}); !errors.Is(err, oidc.ErrExpired) {
			t.Error(err)
		}
		for _, r := range begun {
			f.Visit(r.URL)
			f.With(map[string]any{"auth_time": f.Now().Unix()})
			if _, err := f.Finish(t.Context(), back(r)); err != nil {
				t.Errorf("reversed %v: %v", reversed, err)
			}
		}
	}
}

func TestCallbacksThatAreNotOurs(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*fixture, *oidc.Callback)
		want   error
	}{
		"no state":                 {func(_ *fixture, c *oidc.Callback) { c.State = "" }, oidc.ErrExpired},
		"an unknown state":         {func(_ *fixture, c *oidc.Callback) { c.State = strings.Repeat("x", 10_000) }, oidc.ErrExpired},
		"too late":                 {func(f *fixture, _ *oidc.Callback) { f.Pass(pendingLife) }, oidc.ErrExpired},
		"another browser":          {func(_ *fixture, c *oidc.Callback) { c.Binding = "x" }, oidc.ErrInvalid},
		"no browser":               {func(_ *fixture, c *oidc.Callback) { c.Binding = "" }, oidc.ErrInvalid},
		"another provider":         {func(_ *fixture, c *oidc.Callback) { c.Issuer = "https://auth.example" }, oidc.ErrInvalid},
		"no code":                  {func(_ *fixture, c *oidc.Callback) { c.Code = "" }, oidc.ErrInvalid},
		"the provider's own name":  {func(f *fixture, c *oidc.Callback) { c.Issuer = f.URL }, nil},
		"a binding of another tab": {func(f *fixture, c *oidc.Callback) { c.Binding = f.begin("").Binding }, oidc.ErrInvalid},
	} {
		f := setUp(t)
		callback := back(f.begin(""))
		c.change(f, &callback)
		_, err := f.Finish(t.Context(), callback)
		ends(t, name, err, c.want)
		begunHere := name == "another provider" || name == "no code" || c.want == nil
		if errors.Is(err, oidc.ErrNotBegunHere) == begunHere {
			t.Errorf("%s: %v", name, err)
		}
		if want := map[bool]int{true: 1}[c.want == nil]; f.Asked(oidctest.TokenPath) != want {
			t.Errorf("%s: the code was sent %d times", name, f.Asked(oidctest.TokenPath))
		}
	}
}

func TestTheStoreCannotUseWhatItKeeps(t *testing.T) {
	f := setUp(t)
	one, other := f.begin(""), f.begin("")
	names := make([]string, 0, 2)
	for name, value := range f.store.Values {
		names = append(names, name)
		for _, secret := range []string{one.State, one.Binding, "timeline"} {
			if strings.Contains(name+string(value), secret) {
				t.Errorf("holds %q", secret)
			}
		}
	}
	// Rows that were swapped open for neither state.
	f.store.Values[names[0]], f.store.Values[names[1]] = f.store.Values[names[1]], f.store.Values[names[0]]
	for _, r := range []oidc.Redirect{one, other} {
		if _, err := f.Finish(t.Context(), back(r)); !errors.Is(err, keys.ErrNotOpened) {
			t.Errorf("got %v", err)
		}
	}
	f.store.Fails = errors.New("the store is away")
	_, err := f.Begin(t.Context(), oidc.Request{})
	ends(t, "begin", err, nil)
	if _, err2 := f.Finish(t.Context(), back(one)); !errors.Is(err, f.store.Fails) || !errors.Is(err2, f.store.Fails) {
		t.Errorf("got %v and %v", err, err2)
	}
}

func TestRefusalsOnTheWayBack(t *testing.T) {
	f := setUp(t)
	for code, want := range map[string]struct{ openly, silently error }{
		"access_denied":              {oidc.ErrRefused, oidc.ErrAskOpenly},
		"login_required":             {oidc.ErrLoginRequired, oidc.ErrAskOpenly},
		"interaction_required":       {oidc.ErrLoginRequired, oidc.ErrAskOpenly},
		"consent_required":           {oidc.ErrLoginRequired, oidc.ErrAskOpenly},
		"account_selection_required": {oidc.ErrLoginRequired, oidc.ErrAskOpenly},
		"sso_login_required":         {oidc.ErrLoginRequired, oidc.ErrAskOpenly},
		"server_error":               {oidc.ErrUnavailable, oidc.ErrUnavailable},
		"temporarily_unavailable":    {oidc.ErrUnavailable, oidc.ErrUnavailable},
		"invalid_request":            {oidc.ErrUnavailable, oidc.ErrUnavailable},
		"unauthorized_client":        {oidc.ErrUnavailable, oidc.ErrUnavailable},
		"invalid_scope":              {oidc.ErrUnavailable, oidc.ErrUnavailable},
		"9990000018":                 {oidc.ErrRefused, oidc.ErrAskOpenly},
	} {
		for prompt, want := range map[string]error{"": want.openly, "login": want.openly, "none": want.silently} {
			r := f.begin(prompt)
			result, err := f.Finish(t.Context(), oidc.Callback{State: r.State, Binding: r.Binding, Error: code, ErrorDescription: "9990000018"})
			ends(t, code+" to prompt="+prompt, err, want)
			if result.ReturnTo != "/timeline" {
				t.Errorf("%s: where the person was is lost", code)
			}
		}
	}
	for description, want := range map[string]bool{"ConsentNotGiven": true, " consentnotgiven ": true, "": false, "Other": false} {
		r := f.begin("")
		_, err := f.Finish(t.Context(), oidc.Callback{State: r.State, Binding: r.Binding, Error: "access_denied", ErrorDescription: description})
		var refusal *oidc.Refusal
		if !errors.As(err, &refusal) || refusal.Denied("ConsentNotGiven") != want {
			t.Errorf("%q: %v", description, err)
		}
	}
	if f.Asked(oidctest.TokenPath) != 0 {
		t.Error("a refusal was exchanged")
	}
}

func TestNamesOfStates(t *testing.T) {
	t.Parallel()
	one, other := oidc.NameOfState("a"), oidc.NameOfState("b")
	if one == other || one != oidc.NameOfState("a") || len(one) != 16 || url.QueryEscape(one) != one {
		t.Errorf("%q and %q", one, other)
	}
}
