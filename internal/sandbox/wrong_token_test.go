package sandbox_test

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/patient-care-aggregator/aggregator/internal/sandbox"
)

func (a *service) code(change ...func(url.Values)) string {
	a.t.Helper()
	change = append(change, func(q url.Values) { q.Set("sandbox_citizen", "bella") })
	return a.authorize(authorizeQuery(change...)).back(a.t).Get("code")
}

func TestNHSLoginRefusesAWrongTokenRequest(t *testing.T) {
	a := newService(t)
	a.register(sandbox.App{ClientID: "other", RedirectURIs: []string{callback}, NHSLoginJWKSURL: a.jwks.URL})
	endpoint := a.at.NHSLoginIssuer + "/token"
	claim := func(name string, value any) func(url.Values) {
		return func(f url.Values) {
			c := a.claims(clientID, endpoint)
			if value == nil {
				delete(c, name)
			} else {
				c[name] = value
			}
			f.Set("client_assertion", sign(t, jose.RS512, header(), c))
		}
	}
	form := func(name, value string) func(url.Values) { return func(f url.Values) { f.Set(name, value) } }
	used := a.claims(clientID, endpoint)
	a.post(endpoint, a.loginForm(a.code(), used))
	for name, tc := range map[string]struct {
		change func(url.Values)
		want   string
		why    string
	}{
		"no assertion type":               {form("client_assertion_type", ""), "invalid_client", "client_assertion_type"},
		"a malformed assertion":           {form("client_assertion", "a.b.c"), "invalid_client", "malformed"},
		"an unknown issuer":               {claim("iss", "stranger"), "invalid_client", "iss"},
		"another subject":                 {claim("sub", "other"), "invalid_client", "sub"},
		"the issuer as audience":          {claim("aud", a.at.NHSLoginIssuer), "invalid_client", "aud"},
		"no audience":                     {claim("aud", nil), "invalid_client", "aud"},
		"no expiry":                       {claim("exp", nil), "invalid_client", "exp"},
		"an expired assertion":            {claim("exp", morning().Add(-time.Second).Unix()), "invalid_client", "expired"},
		"an assertion for a day":          {claim("exp", morning().Add(24*time.Hour).Unix()), "invalid_client", "hour"},
		"no jti":                          {claim("jti", nil), "invalid_client", "jti"},
		"a jti used before":               {claim("jti", used["jti"]), "invalid_client", "used before"},
		"a secret in addition to the key": {form("client_secret", "x"), "invalid_client", "more than one"},
		"RS256": {func(f url.Values) {
			f.Set("client_assertion", sign(t, jose.RS256, header(), a.claims(clientID, endpoint)))
		}, "invalid_client", "algorithm"},
		"an unknown key id": {func(f url.Values) {
			f.Set("client_assertion", sign(t, jose.RS512, map[string]any{"kid": "nobody"}, a.claims(clientID, endpoint)))
		}, "invalid_client", "no matching"},
		"a broken signature": {func(f url.Values) {
			f.Set("client_assertion", f.Get("client_assertion")[:len(f.Get("client_assertion"))-8]+"AAAAAAAA")
		}, "invalid_client", "signature"},
		"no grant type":        {form("grant_type", ""), "invalid_request", "grant_type"},
		"another grant type":   {form("grant_type", "client_credentials"), "unsupported_grant_type", "grant_type"},
		"no code":              {form("code", ""), "invalid_request", "code"},
		"an unknown code":      {form("code", "nobody"), "invalid_grant", "unknown"},
		"another redirect URI": {form("redirect_uri", callback+"/"), "invalid_grant", "redirect_uri"},
		"another client": {func(f url.Values) {
			f.Set("client_assertion", sign(t, jose.RS512, header(), a.claims("other", endpoint)))
		}, "invalid_grant", "another client"},
		"a verifier out of nowhere":  {form("code_verifier", "x"), "invalid_grant", "code_verifier"},
		"a repeated parameter":       {func(f url.Values) { f.Add("code", "again") }, "invalid_request", "repeated"},
		"an unknown refresh token":   {func(f url.Values) { f.Set("grant_type", "refresh_token"); f.Set("refresh_token", "x") }, "invalid_grant", "refresh"},
		"client_id of somebody else": {form("client_id", "other"), "invalid_client", "client_id"},
	} {
		t.Run(name, func(t *testing.T) {
			f := a.loginForm(a.code(), a.claims(clientID, endpoint))
			tc.change(f)
			res := a.post(endpoint, f)
			if res.status != http.StatusBadRequest || res.json(t)["error"] != tc.want {
				t.Errorf("%d %s, not 400 %s", res.status, res.text, tc.want)
			}
			asked := a.s.Requests()
			if got := asked[len(asked)-1].Complaint; !strings.Contains(got, tc.why) {
				t.Errorf("the recording says %q and not a word of %q", got, tc.why)
			}
		})
	}
	t.Run("a code is taken once", func(t *testing.T) {
		code := a.code()
		first := a.post(endpoint, a.loginForm(code, a.claims(clientID, endpoint)))
		second := a.post(endpoint, a.loginForm(code, a.claims(clientID, endpoint)))
		if first.status != http.StatusOK || second.json(t)["error"] != "invalid_grant" {
			t.Errorf("%d, then %s", first.status, second.text)
		}
	})
	t.Run("a body that is not a form is refused", func(t *testing.T) {
		res := a.post(endpoint, a.loginForm(a.code(), a.claims(clientID, endpoint)), "Content-Type", "application/json")
		if res.json(t)["error"] != "invalid_request" {
			t.Errorf("%d %s", res.status, res.text)
		}
	})
	t.Run("the verifier must fit the challenge", func(t *testing.T) {
		sum := sha256.Sum256([]byte("the verifier of this test"))
		challenge := func(q url.Values) {
			q.Set("code_challenge", base64.RawURLEncoding.EncodeToString(sum[:]))
			q.Set("code_challenge_method", "S256")
		}
		for verifier, want := range map[string]int{"the verifier of this test": http.StatusOK, "another": http.StatusBadRequest, "": http.StatusBadRequest} {
			f := a.loginForm(a.code(challenge), a.claims(clientID, endpoint))
			if verifier != "" {
				f.Set("code_verifier", verifier)
			}
			if res := a.post(endpoint, f); res.status != want {
				t.Errorf("verifier %q: %d, not %d", verifier, res.status, want)
			}
		}
	})
}

func TestACodeLivesTenMinutes(t *testing.T) {
	a := newService(t)
	endpoint := a.at.NHSLoginIssuer + "/token"
	code := a.code()
	a.s.Advance(10 * time.Minute)
	if res := a.post(endpoint, a.loginForm(code, a.claims(clientID, endpoint))); res.json(t)["error"] != "invalid_grant" {
		t.Errorf("%d %s", res.status, res.text)
	}
}
