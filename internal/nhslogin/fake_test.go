package nhslogin_test

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	gojose "github.com/go-jose/go-jose/v4"
	"go.opentelemetry.io/otel/trace/noop"
	"go.uber.org/goleak"

	"github.com/patient-care-aggregator/aggregator/internal/jose"
	"github.com/patient-care-aggregator/aggregator/internal/nhslogin"
	"github.com/patient-care-aggregator/aggregator/internal/upstream"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	clientID    = "the-client"
	number      = "9990000018"
	accessToken = "access-token-secret"
)

// fake is NHS login on loopback, obedient to the test.
type fake struct {
	*httptest.Server

	mu         sync.Mutex
	now        time.Time
	documents  int
	keyFetches int
	exchanges  []url.Values
	// What the test can change.
	document  func(map[string]any)             // of discovery
	published func() []gojose.JSONWebKey       // the key set
	token     func(nonce string) string        // the ID token
	answer    func(w http.ResponseWriter) bool // instead of the tokens; true: it answered
	broken    map[string]func(http.ResponseWriter)
	nonce     string
	kid       string
	key       *rsa.PrivateKey
}

func newKey(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	text, err := jose.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	private, ok := key.(*rsa.PrivateKey)
	if !ok {
		t.Fatal("no RSA key")
	}
	return private
}

func public(kid string, key *rsa.PrivateKey) gojose.JSONWebKey {
	return gojose.JSONWebKey{KeyID: kid, Key: &key.PublicKey, Algorithm: "RS512", Use: "sig"}
}

// newFake gives NHS login and a client of it. A nil key makes one.
func newFake(t *testing.T, key *rsa.PrivateKey) (*fake, *nhslogin.Client) {
	t.Helper()
	f := &fake{now: time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC), kid: "key-1", key: key, broken: map[string]func(http.ResponseWriter){}}
	f.published = func() []gojose.JSONWebKey { return []gojose.JSONWebKey{public(f.kid, f.key)} }
	f.Server = httptest.NewServer(http.HandlerFunc(f.serve))
	t.Cleanup(func() {
		f.CloseClientConnections()
		f.Close()
	})
	return f, f.client(t, true)
}

// strict is a client that insists on https, of a document as changed.
func (f *fake) strict(t *testing.T, change func(map[string]any)) *nhslogin.Client {
	t.Helper()
	f.document = change
	return f.client(t, false)
}

func (f *fake) client(t *testing.T, insecure bool) *nhslogin.Client {
	t.Helper()
	ours, err := jose.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	keys, err := jose.ParseKeys(ours, []string{"ours"})
	if err != nil {
		t.Fatal(err)
	}
	ids := 0
	c, err := nhslogin.New(nhslogin.Deps{
		Issuer: f.URL, ClientID: clientID, RedirectURL: "https://service.example/auth/callback", Keys: keys, Now: f.clock, AllowInsecure: insecure,
		NewID: func() string { ids++; return "jti-" + strconv.Itoa(ids) },
		NewClient: func(wrap func(http.RoundTripper) http.RoundTripper) *upstream.Client {
			return upstream.NewClient(upstream.Options{
				Name: "nhs-login", Timeout: 2 * time.Second, MaxBytes: 1 << 20, Observe: func(string, int, time.Duration) {},
				Tracer: noop.NewTracerProvider().Tracer("test"), Now: f.clock, Wrap: wrap,
			})
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func (f *fake) clock() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

func (f *fake) pass(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = f.now.Add(d)
}

// exchanged is how many codes were exchanged.
func (f *fake) exchanged() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.exchanges)
}

func (f *fake) serve(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	broken := f.broken[r.URL.Path]
	f.mu.Unlock()
	if broken != nil {
		broken(w)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	switch r.URL.Path {
	case "/.well-known/openid-configuration":
		f.documents++
		document := map[string]any{
			"issuer": f.URL, "authorization_endpoint": f.URL + "/authorize", "token_endpoint": f.URL + "/token", "jwks_uri": f.URL + "/keys",
			"id_token_signing_alg_values_supported": []string{"RS512"}, "code_challenge_methods_supported": []string{"S256"},
		}
		if f.document != nil {
			f.document(document)
		}
		write(w, document)
	case "/keys":
		f.keyFetches++
		write(w, gojose.JSONWebKeySet{Keys: f.published()})
	case "/token":
		if err := r.ParseForm(); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		f.mu.Lock()
		f.exchanges = append(f.exchanges, r.PostForm)
		f.mu.Unlock()
		if f.answer != nil && f.answer(w) {
			return
		}
		write(w, map[string]any{
			"access_token": accessToken, "token_type": "bearer", "expires_in": "300", "id_token": f.token(f.nonce),
		})
	default:
		http.NotFound(w, r)
	}
}

func write(w http.ResponseWriter, v any) {
	if err := json.NewEncoder(w).Encode(v); err != nil {
		panic(err)
	}
}

// claims are those of a good ID token.
func (f *fake) claims(nonce string) map[string]any {
	now := f.clock()
	return map[string]any{
		"iss": f.URL, "sub": "sub-1", "aud": clientID, "iat": now.Unix(), "exp": now.Add(time.Hour).Unix(), "jti": "id-token-1",
		"nonce": nonce, "vot": "P9.Cp.Cd", "vtm": f.URL + "/trustmark", "nhs_number": number, "family_name": "Day",
		"birthdate": "1980-01-02", "identity_proofing_level": "P9",
	}
}

// signed makes a token of the claims as changed.
func (f *fake) signed(t *testing.T, change func(map[string]any)) func(string) string {
	t.Helper()
	return func(nonce string) string {
		claims := f.claims(nonce)
		if change != nil {
			change(claims)
		}
		return sign(t, gojose.RS512, f.key, f.kid, claims)
	}
}

func sign(t *testing.T, alg gojose.SignatureAlgorithm, key any, kid string, claims map[string]any) string {
	t.Helper()
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	options := (&gojose.SignerOptions{}).WithType("JWT")
	if kid != "" {
		options = options.WithHeader("kid", kid)
	}
	signer, err := gojose.NewSigner(gojose.SigningKey{Algorithm: alg, Key: key}, options)
	if err != nil {
		t.Fatal(err)
	}
	object, err := signer.Sign(payload)
	if err != nil {
		t.Fatal(err)
	}
	text, err := object.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// signIn goes the whole way.
func (f *fake) signIn(t *testing.T, c *nhslogin.Client, prompt string) (nhslogin.Identity, error) {
	t.Helper()
	a, err := c.Begin(t.Context(), prompt)
	if err != nil {
		return nhslogin.Identity{}, err
	}
	f.nonce = a.Nonce
	return c.Finish(t.Context(), a, "code-secret")
}

// leaksNothing fails when an error repeats what only the two sides may know.
func leaksNothing(t *testing.T, err error) {
	t.Helper()
	for _, secret := range []string{number, accessToken, "code-secret", "eyJ", "Day", "1980", "http://127"} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("the error repeats %q: %v", secret, err)
		}
	}
}
