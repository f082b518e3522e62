package oidc_test

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/patient-care-aggregator/aggregator/internal/keys"
	"github.com/patient-care-aggregator/aggregator/internal/oidc"
	"github.com/patient-care-aggregator/aggregator/internal/oidc/oidctest"
	"github.com/patient-care-aggregator/aggregator/internal/panics"
)

func says(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if _, err := w.Write([]byte(text)); err != nil {
			panic(http.ErrAbortHandler)
		}
	}
}

func down(w http.ResponseWriter, _ *http.Request) {
	http.Error(w, "eyJ 9990000018", http.StatusServiceUnavailable)
}

func TestKeys(t *testing.T) {
	other := oidctest.OtherKey()
	t.Run("a flood of forged tokens fetches the key set only a few times", func(t *testing.T) {
		f := setUp(t)
		for i := range 40 {
			f.Token = func(claims map[string]any) string {
				return f.Sign(jose.RS512, other, "forged-"+strconv.Itoa(i), claims)
			}
			_, err := f.signIn("")
			ends(t, "forged", err, oidc.ErrInvalid)
		}
		if n := f.Asked(oidctest.KeysPath); n > 5 {
			t.Errorf("%d fetches", n)
		}
		f.Token = nil
		if _, err := f.signIn(""); err != nil {
			t.Errorf("after the flood a sign-in fails: %v", err)
		}
	})
	t.Run("a new key is followed, and a withdrawn one rejected within the hour", func(t *testing.T) {
		f := setUp(t)
		if _, err := f.signIn(""); err != nil {
			t.Fatal(err)
		}
		old := f.Key
		f.Key, f.KeyID = other, "key-2"
		if _, err := f.signIn(""); err != nil {
			t.Fatal(err)
		}
		f.Keys = func() []any { return []any{oidctest.Public("key-2", other, jose.RS512)} }
		f.Key, f.KeyID = old, "key-1"
		f.Pass(time.Hour)
		_, err := f.signIn("")
		ends(t, "withdrawn", err, oidc.ErrInvalid)
	})
	t.Run("a key set that cannot be had is the provider's trouble, and passes", func(t *testing.T) {
		for name, broken := range map[string]http.HandlerFunc{
			"down":       down,
			"a page":     says("<html>eyJ"),
			"no key set": says(`{"error":"eyJ"}`),
			"null":       says(`{"keys":null}`),
			"no keys":    says(`{"keys":[]}`),
			"cut short": func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Length", "99")
				says(`{"keys":[`)(w, r)
			},
			"huge":         says(`{"keys":[` + strings.Repeat(" ", 2<<20) + `]}`),
			"bad keys":     says(`{"keys":[null,{"kty":"EC","kid":"key-1","crv":"P-256","x":"AA","y":"AA"},{"kty":"XYZ"}]}`),
			"a secret key": says(`{"keys":[{"kty":"oct","kid":"key-1","k":"AAAA"}]}`),
		} {
			f := setUp(t)
			f.Break(oidctest.KeysPath, broken)
			for range 6 {
				_, err := f.signIn("")
				ends(t, name, err, oidc.ErrUnavailable)
			}
			f.Break(oidctest.KeysPath, nil)
			if _, err := f.signIn(""); err != nil {
				t.Errorf("%s: does not recover: %v", name, err)
			}
		}
	})
	t.Run("a malformed key costs that key only", func(t *testing.T) {
		for name, bad := range map[string]any{
			"null":               nil,
			"a text":             "key",
			"EC of wrong length": map[string]any{"kty": "EC", "kid": "bad", "crv": "P-256", "x": "AA", "y": "AA"},
			"padded base64":      map[string]any{"kty": "RSA", "kid": "bad", "n": "AQAB==", "e": "AQAB"},
			"a bad certificate":  map[string]any{"kty": "RSA", "kid": "bad", "n": "AQAB", "e": "AQAB", "x5c": []string{"!"}},
			"no certificate":     map[string]any{"kty": "RSA", "kid": "bad", "n": "AQAB", "e": "AQAB", "x5c": []string{}},
			"an unknown type":    map[string]any{"kty": "AKP", "kid": "bad"},
			"the same id":        map[string]any{"kty": "EC", "kid": oidctest.KeyID, "crv": "P-256", "x": "AA", "y": "AA"},
			"for encryption":     map[string]any{"kty": "RSA", "kid": "bad", "use": "enc", "n": "AQAB", "e": "AQAB"},
		} {
			f := setUp(t)
			f.Keys = func() []any { return []any{bad, f.Public()} }
			if _, err := f.signIn(""); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func TestDiscovery(t *testing.T) {
	t.Run("a provider that is down is unavailable, and passes", func(t *testing.T) {
		f := setUp(t)
		for name, broken := range map[string]http.HandlerFunc{
			"down": down, "a page": says("<html>9990000018"), "huge": says(`{"issuer":"` + strings.Repeat("x", 2<<20) + `"}`),
		} {
			f.Break(oidctest.DiscoveryDoc, broken)
			_, err := f.Begin(t.Context(), oidc.Request{})
			ends(t, name, err, oidc.ErrUnavailable)
		}
		f.Break(oidctest.DiscoveryDoc, nil)
		if _, err := f.signIn(""); err != nil {
			t.Errorf("does not recover: %v", err)
		}
	})
	t.Run("an older document serves for 12 hours, and a new one is not asked for each time", func(t *testing.T) {
		f := setUp(t)
		if _, err := f.signIn(""); err != nil {
			t.Fatal(err)
		}
		f.Break(oidctest.DiscoveryDoc, down)
		f.Pass(2 * time.Hour)
		for range 5 {
			if _, err := f.signIn(""); err != nil {
				t.Fatal(err)
			}
		}
		if n := f.Asked(oidctest.DiscoveryDoc); n != 2 {
			t.Errorf("asked %d times", n)
		}
		f.Pass(2 * time.Minute)
		if _, err := f.signIn(""); err != nil || f.Asked(oidctest.DiscoveryDoc) != 3 {
			t.Errorf("asked %d times: %v", f.Asked(oidctest.DiscoveryDoc), err)
		}
		f.Pass(11 * time.Hour)
		_, err := f.Begin(t.Context(), oidc.Request{})
		ends(t, "too old", err, oidc.ErrUnavailable)
	})
	t.Run("a crowd reads one document", func(t *testing.T) {
		f := setUp(t)
		const crowd = 50
		arrived, release := make(chan struct{}), make(chan struct{})
		var first atomic.Bool
		f.Break(oidctest.DiscoveryDoc, func(w http.ResponseWriter, r *http.Request) {
			if first.CompareAndSwap(false, true) {
				close(arrived)
			}
			<-release
			down(w, r)
		})
		var all sync.WaitGroup
		for range crowd {
			all.Go(func() {
				if _, err := f.Begin(t.Context(), oidc.Request{}); err == nil {
					t.Error("began without a document")
				}
			})
		}
		<-arrived
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := f.Begin(ctx, oidc.Request{}) // waits no longer than its own request
		ends(t, "gave up", err, oidc.ErrUnavailable)
		close(release)
		all.Wait()
		if n := f.Asked(oidctest.DiscoveryDoc); n > crowd/5 { // one that comes late asks again
			t.Errorf("asked %d times", n)
		}
	})
	for name, change := range map[string]func(map[string]any){
		"another issuer":         func(d map[string]any) { d["issuer"] = "https://auth.example" },
		"no issuer":              func(d map[string]any) { delete(d, "issuer") },
		"no token endpoint":      func(d map[string]any) { delete(d, "token_endpoint") },
		"no authorize address":   func(d map[string]any) { d["authorization_endpoint"] = "" },
		"no key set address":     func(d map[string]any) { d["jwks_uri"] = "keys" },
		"a script":               func(d map[string]any) { d["authorization_endpoint"] = "javascript:alert(1)" },
		"a password in an URL":   func(d map[string]any) { d["token_endpoint"] = "http://u:p@127.0.0.1/token" },
		"odd PKCE":               func(d map[string]any) { d["code_challenge_methods_supported"] = "S256" },
		"algorithms of no use":   func(d map[string]any) { d["id_token_signing_alg_values_supported"] = []string{"HS256", "none"} },
		"another scheme on disk": func(d map[string]any) { d["jwks_uri"] = "file://host/etc/passwd" },
	} {
		f := setUp(t)
		f.Document = change
		_, err := f.Begin(t.Context(), oidc.Request{})
		ends(t, name, err, oidc.ErrUnavailable)
	}
}

// slow never answers; it ends when the client cancels.
type slow struct{}

func (slow) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, context.Cause(r.Context())
}

func TestASlowProviderCostsNoMoreThanTheClientsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ring, err := keys.Parse([]byte(keys.Generate("1")))
		if err != nil {
			t.Fatal(err)
		}
		rp, err := oidc.New(oidc.Config{
			Purpose: "test", Issuer: "https://auth.example", ClientID: "us", RedirectURL: oidctest.RedirectURL, Scopes: []string{"openid"},
			Algorithms: []string{"RS512"}, ClientSecret: keys.NewSecret("shh"), PendingLife: pendingLife,
		}, oidc.Deps{
			HTTP:  &http.Client{Timeout: 3 * time.Second, Transport: slow{}},
			Store: &oidctest.Store{}, Ring: ring, Now: time.Now, Random: rand.Reader,
		})
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		_, err = rp.Begin(t.Context(), oidc.Request{})
		ends(t, "slow", err, oidc.ErrUnavailable)
		if took := time.Since(began); took > 3*time.Second {
			t.Errorf("took %v", took)
		}
	})
}

func TestEndpointsMustBeHTTPS(t *testing.T) {
	endpoints := []string{"authorization_endpoint", "token_endpoint", "jwks_uri"}
	for _, name := range endpoints {
		f := setUp(t, func(_ *oidc.Config, d *oidc.Deps) { d.AllowInsecure = false })
		f.Document = func(d map[string]any) {
			for _, endpoint := range endpoints {
				d[endpoint] = "https://auth.example/" + endpoint
			}
			d[name] = "http://auth.example/" + name
		}
		_, err := f.Begin(t.Context(), oidc.Request{})
		ends(t, name, err, oidc.ErrUnavailable)
		if err != nil && !strings.Contains(err.Error(), "not https") {
			t.Errorf("%s: the error does not say why: %v", name, err)
		}
	}
}

func TestTokenEndpointErrors(t *testing.T) {
	f := setUp(t)
	answer := func(status int, kind, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			w.WriteHeader(status)
			if _, err := w.Write([]byte(body)); err != nil {
				t.Error(err)
			}
		}
	}
	quoting := func(code string) string {
		return `{"error":"` + code + `","error_description":"code-secret 9990000018 eyJhbGciOiJSUzUxMiJ9"}`
	}
	const asJSON = "application/json"
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		want   error
	}{
		"a used code":                  {answer(400, asJSON, quoting("invalid_grant")), oidc.ErrExpired},
		"our assertion refused":        {answer(401, asJSON, quoting("invalid_client")), oidc.ErrUnavailable},
		"our request refused":          {answer(400, asJSON, quoting("invalid_request")), oidc.ErrUnavailable},
		"an unknown code":              {answer(400, asJSON, quoting("code-secret")), oidc.ErrUnavailable},
		"in trouble":                   {answer(500, "text/html", "<p>code-secret"), oidc.ErrUnavailable},
		"throttled":                    {answer(429, asJSON, ""), oidc.ErrUnavailable},
		"an error with status 200":     {answer(200, asJSON, quoting("invalid_grant")), oidc.ErrExpired},
		"a page":                       {answer(200, "text/html", "<p>code-secret"), oidc.ErrUnavailable},
		"nothing":                      {answer(200, asJSON, ""), oidc.ErrUnavailable},
		"no access token":              {answer(200, asJSON, `{"id_token":"eyJ"}`), oidc.ErrUnavailable},
		"no ID token":                  {answer(200, asJSON, `{"access_token":"access-token-secret","token_type":"bearer"}`), oidc.ErrInvalid},
		"an ID token of another type":  {answer(200, asJSON, `{"access_token":"x","token_type":"bearer","id_token":{"a":"eyJ"}}`), oidc.ErrInvalid},
		"a life that is not a number":  {answer(200, asJSON, `{"access_token":"x","token_type":"bearer","expires_in":"9990000018s"}`), oidc.ErrInvalid}, // of which nothing is needed
		"too much":                     {answer(200, asJSON, `{"access_token":"`+strings.Repeat("x", 2<<20)), oidc.ErrUnavailable},
		"a redirect":                   {answer(302, asJSON, ""), oidc.ErrUnavailable},
		"a connection that breaks off": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, oidc.ErrUnavailable},
	} {
		before := f.Asked(oidctest.TokenPath)
		f.Break(oidctest.TokenPath, c.answer)
		_, err := f.signIn("")
		ends(t, name, err, c.want)
		if n := f.Asked(oidctest.TokenPath) - before; n != 1 {
			t.Errorf("%s: %d token requests for one sign-in", name, n)
		}
	}
}

func TestAnAssertionThatCannotBeMadeEndsTheSignIn(t *testing.T) {
	broken := errors.New("no key")
	f := setUp(t, func(c *oidc.Config, _ *oidc.Deps) {
		c.ClientAssertion = func(string) (string, error) { return "", broken }
	})
	if _, err := f.signIn(""); !errors.Is(err, broken) || f.Asked(oidctest.TokenPath) != 0 {
		t.Errorf("got %v", err)
	}
}

// panicking answers with a body that cannot be read without a panic.
type panicking struct{}

func (panicking) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: panicking{}, Request: r}, nil
}
func (panicking) Read([]byte) (int, error) { panic("fault while a document is read") }
func (panicking) Close() error             { return nil }

func TestAPanicWhileADocumentIsReadCostsThatSignInOnly(t *testing.T) {
	var reports []string
	var good http.RoundTripper
	var client *http.Client
	f := setUp(t, func(_ *oidc.Config, d *oidc.Deps) {
		client, good = d.HTTP, d.HTTP.Transport
		d.Panics = func(_ context.Context, e *panics.Error) { reports = append(reports, e.Place) }
	})
	client.Transport = panicking{}
	if _, err := f.Begin(t.Context(), oidc.Request{}); !errors.Is(err, oidc.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
	if len(reports) != 1 || reports[0] != "read provider document" {
		t.Errorf("reported %v", reports)
	}
	client.Transport = good
	if _, err := f.signIn(""); err != nil {
		t.Errorf("the next sign-in: %v", err)
	}
}
