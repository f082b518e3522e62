package staff_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// provider is an OpenID provider whose ID token a test words.
type provider struct {
	*httptest.Server

	t      *testing.T
	key    *rsa.PrivateKey
	others *rsa.PrivateKey // not published

	mu     sync.Mutex
	tokens map[string]func(map[string]any) string // by code
	seen   []http.Header                          // of the token endpoint
	forms  []map[string][]string
	status int // of the token endpoint; 0: 200
	algs   []string
}

var rsaPair = sync.OnceValue(func() [2]*rsa.PrivateKey {
	var pair [2]*rsa.PrivateKey
	for i := range pair {
		k, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			panic(err)
		}
		pair[i] = k
	}
	return pair
})

func newProvider(t *testing.T) *provider {
	t.Helper()
	p := &provider{t: t, key: rsaPair()[0], others: rsaPair()[1], algs: []string{"RS256"}}
	mux := http.NewServeMux()
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		writeJSON(w, map[string]any{
			"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token",
			"jwks_uri": p.URL + "/jwks", "id_token_signing_alg_values_supported": p.algs,
		})
	})
	mux.HandleFunc("GET /jwks", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: p.key.Public(), KeyID: "1", Algorithm: "RS256", Use: "sig"}}})
	})
	mux.HandleFunc("POST /token", p.token)
	return p
}

func (p *provider) token(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = r.ParseForm()
	p.seen, p.forms = append(p.seen, r.Header.Clone()), append(p.forms, r.PostForm)
	if p.status != 0 {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(p.status)
		_, _ = w.Write([]byte(`{"error":"invalid_grant","error_description":"SECRET-OF-THE-PROVIDER"}`))
		return
	}
	mint := p.tokens[r.PostFormValue("code")]
	answer := map[string]any{"access_token": "opaque", "token_type": "Bearer", "expires_in": 600}
	if mint != nil {
		answer["id_token"] = mint(map[string]any{})
	}
	writeJSON(w, answer)
}

// issue has the next exchange answer with an ID token of these claims.
func (p *provider) issue(claims map[string]any, key *rsa.PrivateKey, alg jose.SignatureAlgorithm) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tokens = map[string]func(map[string]any) string{"the-code": func(map[string]any) string {
		var signing any = key
		if alg == jose.HS256 {
			signing = []byte("0123456789abcdef0123456789abcdef")
		}
		signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: jose.JSONWebKey{Key: signing, KeyID: "1"}}, nil)
		if err != nil {
			p.t.Error(err)
			return ""
		}
		text, err := json.Marshal(claims)
		if err != nil {
			p.t.Error(err)
			return ""
		}
		signed, err := signer.Sign(text)
		if err != nil {
			p.t.Error(err)
			return ""
		}
		compact, err := signed.CompactSerialize()
		if err != nil {
			p.t.Error(err)
		}
		return compact
	}}
}

// claims are those of an auditor who just signed in.
func (p *provider) claims(nonce string, now time.Time) map[string]any {
	return map[string]any{
		"iss": p.URL, "sub": "ada", "aud": "us", "iat": now.Unix(), "exp": now.Add(10 * time.Minute).Unix(),
		"nonce": nonce, "roles": []string{"reader", "auditor"}, "name": "Ada Auditor", "email": "ada@example.org",
	}
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}
