package sandbox_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/patient-care-aggregator/aggregator/internal/sandbox"
)

func TestThePlatformComplainsInItsOwnWords(t *testing.T) {
	a := newService(t)
	idToken, _ := a.signIn("bella")["id_token"].(string)
	used := a.claims(apiKey, a.at.TokenURL)
	form := func(name, value string) func(url.Values) { return func(f url.Values) { f.Set(name, value) } }
	assertion := func(h, c map[string]any) func(url.Values) {
		return func(f url.Values) { f.Set("client_assertion", sign(t, jose.RS512, h, c)) }
	}
	claim := func(name string, value any) func(url.Values) {
		c := a.claims(apiKey, a.at.TokenURL)
		if value == nil {
			delete(c, name)
		} else {
			c[name] = value
		}
		return assertion(header(), c)
	}
	head := func(name string, value any) func(url.Values) {
		h := header()
		if value == nil {
			delete(h, name)
		} else {
			h[name] = value
		}
		return assertion(h, a.claims(apiKey, a.at.TokenURL))
	}
	first := a.exchangeForm(idToken)
	assertion(header(), used)(first)
	if res := a.post(a.at.TokenURL, first); res.status != http.StatusOK {
		t.Fatalf("%d %s", res.status, res.text)
	}
	for name, tc := range map[string]struct {
		change func(url.Values)
		status int
		want   string
	}{
		"no assertion type":     {form("client_assertion_type", ""), 400, "Missing or invalid client_assertion_type - must be 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'"},
		"another grant type":    {form("grant_type", "password"), 400, "grant_type is invalid"},
		"no assertion":          {form("client_assertion", ""), 400, "Missing client_assertion"},
		"a malformed assertion": {form("client_assertion", "abc"), 400, "Malformed JWT in client_assertion"},
		"RS256": {func(f url.Values) {
			f.Set("client_assertion", sign(t, jose.RS256, header(), a.claims(apiKey, a.at.TokenURL)))
		}, 400, "Invalid 'alg' header in client_assertion JWT - unsupported JWT algorithm - must be 'RS512'"},
		"no exp":                   {claim("exp", nil), 400, "Missing 'exp' claim in client_assertion JWT"},
		"exp as text":              {claim("exp", "soon"), 400, "Invalid 'exp' claim in client_assertion JWT - must be an integer"},
		"exp as a fraction":        {claim("exp", 1.5), 400, "Invalid 'exp' claim in client_assertion JWT - must be an integer"},
		"exp in the past":          {claim("exp", morning().Unix()), 400, "Invalid 'exp' claim in client_assertion JWT - JWT has expired"},
		"exp too far ahead":        {claim("exp", morning().Add(5*time.Minute+time.Second).Unix()), 400, "Invalid 'exp' claim in client_assertion JWT - more than 5 minutes in future"},
		"no kid":                   {head("kid", nil), 400, "Missing 'kid' header in client_assertion JWT"},
		"no typ":                   {head("typ", nil), 400, "Invalid 'typ' header in client_assertion JWT - must be 'JWT'"},
		"another typ":              {head("typ", "at+jwt"), 400, "Invalid 'typ' header in client_assertion JWT - must be 'JWT'"},
		"no iss":                   {claim("iss", nil), 400, "Missing or non-matching 'iss'/'sub' claims in client_assertion JWT"},
		"sub is not iss":           {claim("sub", "x"), 400, "Missing or non-matching 'iss'/'sub' claims in client_assertion JWT"},
		"no jti":                   {claim("jti", nil), 400, "Missing 'jti' claim in client_assertion JWT"},
		"jti as a number":          {claim("jti", 42), 400, "Invalid 'jti' claim in client_assertion JWT - must be a unique string value such as a GUID"},
		"a jti used before":        {claim("jti", used["jti"]), 400, "Non-unique 'jti' claim in client_assertion JWT"},
		"no API key":               {assertion(header(), a.claims("nobody", a.at.TokenURL)), 401, "Invalid 'iss'/'sub' claims in client_assertion JWT"},
		"an unknown kid":           {head("kid", "nobody"), 401, "Invalid 'kid' header in client_assertion JWT - no matching public key"},
		"a slash too many":         {claim("aud", a.at.TokenURL+"/"), 401, "Missing or invalid 'aud' claim in client_assertion JWT"},
		"aud as a list":            {claim("aud", []string{a.at.TokenURL}), 401, "Missing or invalid 'aud' claim in client_assertion JWT"},
		"no aud":                   {claim("aud", nil), 401, "Missing or invalid 'aud' claim in client_assertion JWT"},
		"a broken signature":       {func(f url.Values) { f.Set("client_assertion", tamper(f.Get("client_assertion"))) }, 401, "JWT signature verification failed"},
		"no subject token type":    {form("subject_token_type", ""), 400, "missing or invalid subject_token_type - must be 'urn:ietf:params:oauth:token-type:id_token'"},
		"no subject token":         {form("subject_token", ""), 400, "Missing subject_token"},
		"a malformed subject":      {form("subject_token", "abc"), 400, "Malformed JWT in subject_token"},
		"a subject without kid":    {form("subject_token", sign(t, jose.RS512, map[string]any{"typ": "JWT"}, used)), 400, "Missing 'kid' header in subject_token JWT"},
		"a subject without exp":    {form("subject_token", sign(t, jose.RS512, header(), map[string]any{"iss": "x", "aud": "y"})), 400, "Missing 'exp' claim in subject_token JWT"},
		"a subject without iss":    {form("subject_token", sign(t, jose.RS512, header(), map[string]any{"exp": morning().Unix() + 60})), 400, "Missing 'iss' claim in subject_token JWT"},
		"a subject without aud":    {form("subject_token", sign(t, jose.RS512, header(), map[string]any{"exp": morning().Unix() + 60, "iss": a.at.NHSLoginIssuer})), 401, "Missing 'aud' claim in subject_token JWT"},
		"an expired subject":       {form("subject_token", sign(t, jose.RS512, header(), map[string]any{"exp": morning().Unix(), "iss": "x"})), 400, "Invalid 'exp' claim in subject_token JWT - JWT has expired"},
		"another issuer's subject": {form("subject_token", sign(t, jose.RS512, header(), a.claims("x", "y"))), 400, "Missing or non-matching 'iss' claim in subject_token JWT"},
		"a subject of our own making": {form("subject_token", sign(t, jose.RS512, header(), map[string]any{
			"exp": morning().Unix() + 60, "iss": a.at.NHSLoginIssuer, "aud": clientID,
		})), 401, "Invalid 'kid' header in subject_token JWT - no matching public key"},
		"a tampered subject": {form("subject_token", tamper(idToken)), 401, "JWT signature verification failed"},
	} {
		t.Run(name, func(t *testing.T) {
			f := a.exchangeForm(idToken)
			tc.change(f)
			res := a.post(a.at.TokenURL, f)
			body := res.json(t)
			if res.status != tc.status || body["error_description"] != tc.want {
				t.Errorf("%d %v\nnot %d %v", res.status, body["error_description"], tc.status, tc.want)
			}
			if body["error"] != "invalid_request" || body["message_id"] == "" {
				t.Errorf("error %v, message id %v", body["error"], body["message_id"])
			}
		})
	}
}

// tamper changes the signature and nothing else.
func tamper(token string) string {
	i := strings.LastIndexByte(token, '.')
	return token[:i+1] + base64.RawURLEncoding.EncodeToString(make([]byte, 256))
}

func TestThePlatformChecksInItsOwnOrder(t *testing.T) {
	a := newService(t)
	// Everything is wrong together; each row corrects the complaint before.
	h := map[string]any{}
	c := map[string]any{"exp": morning().Unix() - 1, "iss": "nobody"}
	f := url.Values{"grant_type": {"x"}, "client_assertion_type": {"x"}, "subject_token_type": {"x"}}
	alg := jose.RS256
	for i, step := range []struct {
		want  string
		right func()
	}{
		{"client_assertion_type", func() { f.Set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer") }},
		{"grant_type", func() { f.Set("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange") }},
		{"'alg'", func() { alg = jose.RS512 }},
		{"'exp'", func() { c["exp"] = morning().Unix() + 60 }},
		{"'kid' header in client_assertion", func() { h["kid"] = "nobody" }},
		{"'typ'", func() { h["typ"] = "JWT" }},
		{"non-matching 'iss'/'sub'", func() { c["sub"] = "nobody" }},
		{"'jti'", func() { c["jti"] = "once" }},
		{"Invalid 'iss'/'sub'", func() { c["iss"], c["sub"] = apiKey, apiKey }},
		{"no matching public key", func() { h["kid"] = keyID }},
		{"'aud'", func() { c["aud"] = a.at.TokenURL }},
		{"subject_token_type", func() { f.Set("subject_token_type", "urn:ietf:params:oauth:token-type:id_token") }},
		{"Missing subject_token", func() {}},
	} {
		if c["jti"] != nil {
			c["jti"] = fmt.Sprintf("jti of step %d", i)
		}
		f.Set("client_assertion", sign(t, alg, h, c))
		got, _ := a.post(a.at.TokenURL, f).json(t)["error_description"].(string)
		if !strings.Contains(got, step.want) {
			t.Fatalf("complained %q before %q", got, step.want)
		}
		step.right()
	}
}

func TestTheExchangeAnswersWithNumbersAsStrings(t *testing.T) {
	a := newService(t)
	idToken, _ := a.signIn("bella")["id_token"].(string)
	body := a.post(a.at.TokenURL, a.exchangeForm(idToken)).json(t)
	for name, want := range map[string]any{
		"expires_in": "599", "refresh_token_expires_in": "3599", "refresh_count": "0", "token_type": "Bearer",
		"issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
	} {
		if body[name] != want {
			t.Errorf("%s is %#v, not %#v", name, body[name], want)
		}
	}
}

func TestAProofingLevelWithoutAScopeIsAnUnauthorizedClient(t *testing.T) {
	a := newService(t)
	idToken, _ := a.signIn("pip")["id_token"].(string)
	res := a.post(a.at.TokenURL, a.exchangeForm(idToken))
	if res.status != http.StatusUnauthorized || res.json(t)["error"] != "unauthorized_client" {
		t.Errorf("%d %s", res.status, res.text)
	}
}

func TestThePlatformKeepsAKeySetForAnHour(t *testing.T) {
	a := newService(t)
	kids := []string{keyID}
	a.jwks.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(mustJSON(t, publicKeys(kids...)))
	})
	token, _ := a.signIn("bella")["id_token"].(string)
	exchange := func() int {
		f := a.exchangeForm(token)
		f.Set("client_assertion", sign(t, jose.RS512, map[string]any{"kid": "app-2", "typ": "JWT"}, a.claims(apiKey, a.at.TokenURL)))
		return a.post(a.at.TokenURL, f).status
	}
	if got := exchange(); got != http.StatusUnauthorized {
		t.Fatalf("an unpublished key is accepted: %d", got)
	}
	kids = append(kids, "app-2")
	if got := exchange(); got != http.StatusUnauthorized {
		t.Errorf("the kept key set was not used: %d", got)
	}
	a.s.DropKeyCache()
	if got := exchange(); got != http.StatusOK {
		t.Errorf("the dropped key set is still used: %d", got)
	}
}

func TestAKeySetThatCannotBeHadIsAPublicKeyError(t *testing.T) {
	a := newService(t)
	idToken, _ := a.signIn("bella")["id_token"].(string)
	a.s.DropKeyCache()
	a.jwks.Close()
	res := a.post(a.at.TokenURL, a.exchangeForm(idToken))
	if res.status != http.StatusForbidden || res.json(t)["error"] != "public_key error" {
		t.Errorf("%d %s", res.status, res.text)
	}
	a.register(sandbox.App{ClientID: clientID, RedirectURIs: []string{callback}, APIKey: apiKey})
	if res := a.post(a.at.TokenURL, a.exchangeForm(idToken)); res.status != http.StatusForbidden {
		t.Errorf("without a key set: %d %s", res.status, res.text)
	}
}

func TestAPublishedPrivateKeyIsRefused(t *testing.T) {
	a := newService(t)
	a.jwks.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(mustJSON(t, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: appKey(), KeyID: keyID, Algorithm: "RS512"}}}))
	})
	code := a.code()
	res := a.post(a.at.NHSLoginIssuer+"/token", a.loginForm(code, a.claims(clientID, a.at.NHSLoginIssuer+"/token")))
	if res.json(t)["error"] != "invalid_client" {
		t.Errorf("%d %s", res.status, res.text)
	}
}
