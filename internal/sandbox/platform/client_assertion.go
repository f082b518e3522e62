package platform

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/patient-care-aggregator/aggregator/internal/sandbox/jwt"
	"github.com/patient-care-aggregator/aggregator/internal/sandbox/registry"
)

const (
	grantType     = "urn:ietf:params:oauth:grant-type:token-exchange"
	assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
	maxAhead      = 5 * time.Minute
)

// checkAssertion proves the application. The order of the checks is the
// platform's: client_assertion_type, grant_type, alg, expiry, kid, typ, the
// other claims, the API key, then key set, signature and aud.
func (p *Platform) checkAssertion(r *http.Request, now time.Time) (registry.App, *complaint) {
	var none registry.App
	if r.PostFormValue("client_assertion_type") != assertionType {
		return none, invalid("Missing or invalid client_assertion_type - must be '" + assertionType + "'")
	}
	if r.PostFormValue("grant_type") != grantType {
		return none, invalid("grant_type is invalid")
	}
	raw := r.PostFormValue("client_assertion")
	if raw == "" {
		return none, invalid("Missing client_assertion")
	}
	token, err := jwt.Read(raw)
	if err != nil {
		return none, invalid("Malformed JWT in client_assertion")
	}
	for _, bad := range []*complaint{
		checkAlg(token), checkExpiry(token, now, "client_assertion", maxAhead), checkHeader(token, "client_assertion"), checkClaims(token),
	} {
		if bad != nil {
			return none, bad
		}
	}
	jti := jwt.Text(token.Claims, "jti")
	key := jwt.Text(token.Claims, "iss")
	if p.usedBefore(key, jti, now) {
		return none, invalid("Non-unique 'jti' claim in client_assertion JWT")
	}
	app, ok := p.Apps.ByAPIKey(key)
	if !ok {
		return none, unauthorized("Invalid 'iss'/'sub' claims in client_assertion JWT")
	}
	return app, p.checkSignature(r, app, token)
}

func (p *Platform) usedBefore(key, jti string, now time.Time) bool {
	return !p.assertions.Use(key+"\x00"+jti, now, now.Add(maxAhead))
}

func checkAlg(t jwt.Token) *complaint {
	switch jwt.Text(t.Header, "alg") {
	case string(jose.RS512):
		return nil
	case "":
		return invalid("Missing 'alg' header in client_assertion JWT")
	}
	return invalid("Invalid 'alg' header in client_assertion JWT - unsupported JWT algorithm - must be 'RS512'")
}

// checkExpiry reads exp of the client assertion and, without a bound ahead, of
// the subject token.
func checkExpiry(t jwt.Token, now time.Time, what string, ahead time.Duration) *complaint {
	if !jwt.Has(t.Claims, "exp") {
		return invalid("Missing 'exp' claim in " + what + " JWT")
	}
	exp, ok := jwt.Time(t.Claims, "exp")
	switch {
	case !ok:
		return invalid("Invalid 'exp' claim in " + what + " JWT - must be an integer")
	case !exp.After(now):
		return invalid("Invalid 'exp' claim in " + what + " JWT - JWT has expired")
	case ahead > 0 && exp.Sub(now) > ahead:
		return invalid("Invalid 'exp' claim in " + what + " JWT - more than 5 minutes in future")
	}
	return nil
}

func checkHeader(t jwt.Token, what string) *complaint {
	if jwt.Text(t.Header, "kid") == "" {
		return invalid("Missing 'kid' header in " + what + " JWT")
	}
	if jwt.Text(t.Header, "typ") != "JWT" {
		return invalid("Invalid 'typ' header in " + what + " JWT - must be 'JWT'")
	}
	return nil
}

func checkClaims(t jwt.Token) *complaint {
	iss := jwt.Text(t.Claims, "iss")
	if iss == "" || iss != jwt.Text(t.Claims, "sub") {
		return invalid("Missing or non-matching 'iss'/'sub' claims in client_assertion JWT")
	}
	switch jti := t.Claims["jti"].(type) {
	case nil:
		return invalid("Missing 'jti' claim in client_assertion JWT")
	case string:
		if jti != "" {
			return nil
		}
	case json.Number:
	}
	return invalid("Invalid 'jti' claim in client_assertion JWT - must be a unique string value such as a GUID")
}

// checkSignature asks the app's key set, which the platform keeps for an hour:
// a key that was published since is not found before that.
func (p *Platform) checkSignature(r *http.Request, app registry.App, t jwt.Token) *complaint {
	keys, err := p.Keys.Keys(r.Context(), app.PlatformJWKS, app.PlatformJWKSURL, false)
	switch {
	case errors.Is(err, registry.ErrNoKeys):
		return &complaint{http.StatusForbidden, "public_key error", "You need to register a public key to use this authentication method - please contact support to configure"}
	case err != nil:
		return &complaint{http.StatusForbidden, "public_key error", "The JWKS endpoint, for your client_assertion can't be reached"}
	}
	switch err := t.Verify(keys, jose.RS512); {
	case errors.Is(err, jwt.ErrNoKey):
		return unauthorized("Invalid 'kid' header in client_assertion JWT - no matching public key")
	case err != nil:
		return unauthorized("JWT signature verification failed")
	}
	// A list is refused, even one with only the right URL in it.
	if aud, isText := t.Claims["aud"].(string); !isText || aud != p.TokenURL {
		return unauthorized("Missing or invalid 'aud' claim in client_assertion JWT")
	}
	return nil
}
