package oidctest

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// What every provider uses.
const (
	ClientID     = "the-client"
	Code         = "code-secret"
	AccessToken  = "access-token-secret"
	KeyID        = "key-1"
	RedirectURL  = "https://service.example/callback"
	DiscoveryDoc = "/.well-known/openid-configuration"
	KeysPath     = "/keys"
	TokenPath    = "/token"
)

// Provider is an OpenID provider. A test changes its fields between requests.
type Provider struct {
	*httptest.Server

	// Algorithm is what it signs with and lists in discovery.
	Algorithm jose.SignatureAlgorithm
	Key       *rsa.PrivateKey
	KeyID     string
	// Document changes the discovery document; nil leaves it.
	Document func(map[string]any)
	// Keys are what it publishes; nil: its Key.
	Keys func() []any
	// Claims changes those of the next ID tokens; nil leaves them.
	Claims func(map[string]any)
	// Token, when not nil, makes the ID token instead.
	Token func(claims map[string]any) string

	t     testing.TB
	nonce string

	mu        sync.Mutex
	now       time.Time
	asked     map[string]int
	broken    map[string]http.HandlerFunc
	exchanges []url.Values
	headers   []http.Header
}

// Two keys, made once because making them takes long.
var pair = sync.OnceValue(func() [2]*rsa.PrivateKey {
	var made [2]*rsa.PrivateKey
	for i := range made {
		const bits = 2048
		key, err := rsa.GenerateKey(rand.Reader, bits)
		if err != nil {
			panic(err)
		}
		made[i] = key
	}
	return made
})

// OtherKey is a key that no provider has before a test gives it one.
func OtherKey() *rsa.PrivateKey { return pair()[1] }

// New starts a provider that signs with this algorithm. It is 10 o'clock on a
// Monday in March.
func New(t testing.TB, algorithm jose.SignatureAlgorithm) *Provider {
	t.Helper()
	p := &Provider{
		Algorithm: algorithm, Key: pair()[0], KeyID: KeyID, t: t, now: time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC),
		asked: map[string]int{}, broken: map[string]http.HandlerFunc{},
	}
	p.Server = httptest.NewServer(http.HandlerFunc(p.serve))
	t.Cleanup(func() {
		p.CloseClientConnections()
		p.Close()
	})
	return p
}

// Now is the provider's clock, and its client's.
func (p *Provider) Now() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.now
}

// Set moves the clock.
func (p *Provider) Set(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now = now
}

// Pass moves the clock by d.
func (p *Provider) Pass(d time.Duration) { p.Set(p.Now().Add(d)) }

// Asked is how often a path was asked for.
func (p *Provider) Asked(path string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked[path]
}

// Exchanges are the token requests, with their headers.
func (p *Provider) Exchanges() ([]url.Values, []http.Header) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.exchanges, p.headers
}

// Break has a path answered by h from now on; nil repairs it.
func (p *Provider) Break(path string, h http.HandlerFunc) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if h == nil {
		delete(p.broken, path)
		return
	}
	p.broken[path] = h
}

// Visit reads an authorization request as a browser brings it, and remembers its
// nonce for the next ID token.
func (p *Provider) Visit(address string) url.Values {
	p.t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		p.t.Fatal(err)
	}
	p.nonce = u.Query().Get("nonce")
	return u.Query()
}

func (p *Provider) serve(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.asked[r.URL.Path]++
	broken := p.broken[r.URL.Path]
	p.mu.Unlock()
	if broken != nil {
		broken(w, r)
		return
	}
	switch r.URL.Path {
	case DiscoveryDoc:
		document := map[string]any{
			"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + TokenPath, "jwks_uri": p.URL + KeysPath,
			"id_token_signing_alg_values_supported": []any{p.Algorithm}, "code_challenge_methods_supported": []string{"S256"},
		}
		if p.Document != nil {
			p.Document(document)
		}
		write(w, document)
	case KeysPath:
		published := []any{p.Public()}
		if p.Keys != nil {
			published = p.Keys()
		}
		write(w, map[string]any{"keys": published})
	case TokenPath:
		p.token(w, r)
	default:
		http.NotFound(w, r)
	}
}

func (p *Provider) token(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	p.mu.Lock()
	p.exchanges, p.headers = append(p.exchanges, r.PostForm), append(p.headers, r.Header.Clone())
	p.mu.Unlock()
	claims := p.GoodClaims()
	if p.Claims != nil {
		p.Claims(claims)
	}
	var token string
	if p.Token != nil {
		token = p.Token(claims)
	} else {
		token = p.Sign(p.Algorithm, p.Key, p.KeyID, claims)
	}
	write(w, map[string]any{"access_token": AccessToken, "token_type": "bearer", "expires_in": "300", "id_token": token})
}

// GoodClaims are those that every OpenID provider puts into an ID token.
func (p *Provider) GoodClaims() map[string]any {
	now := p.Now()
	return map[string]any{
		"iss": p.URL, "sub": "sub-1", "aud": ClientID, "iat": now.Unix(), "exp": now.Add(time.Hour).Unix(), "jti": "id-token-1", "nonce": p.nonce,
	}
}

// With has every following ID token carry these claims too; nil removes one.
func (p *Provider) With(changes map[string]any) {
	p.Claims = func(claims map[string]any) {
		maps.Copy(claims, changes)
		maps.DeleteFunc(claims, func(_ string, v any) bool { return v == nil })
	}
}

// Public is the provider's public key as it publishes it.
func (p *Provider) Public() jose.JSONWebKey { return Public(p.KeyID, p.Key, p.Algorithm) }

// Public is a public key as a provider publishes it.
func Public(kid string, key *rsa.PrivateKey, algorithm jose.SignatureAlgorithm) jose.JSONWebKey {
	return jose.JSONWebKey{KeyID: kid, Key: &key.PublicKey, Algorithm: string(algorithm), Use: "sig"}
}

// Sign makes a JWT; without a kid its header has none.
func (p *Provider) Sign(algorithm jose.SignatureAlgorithm, key any, kid string, claims map[string]any) string {
	payload, err := json.Marshal(claims)
	if err != nil {
		p.t.Error(err)
	}
	options := (&jose.SignerOptions{}).WithType("JWT")
	if kid != "" {
		options = options.WithHeader("kid", kid)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: key}, options)
	if err != nil {
		p.t.Error(err)
		return ""
	}
	object, err := signer.Sign(payload)
	if err != nil {
		p.t.Error(err)
		return ""
	}
	text, err := object.CompactSerialize()
	if err != nil {
		p.t.Error(err)
	}
	return text
}

func write(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(v); err != nil {
		panic(http.ErrAbortHandler)
	}
}
