package login

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/sandbox/citizens"
	"github.com/patient-care-aggregator/aggregator/internal/sandbox/faults"
	"github.com/patient-care-aggregator/aggregator/internal/sandbox/kit"
)

// issuedIDToken remembers the client and the citizen of an ID token, so that its
// jti can identify the citizen in single sign-on.
type issuedIDToken struct {
	client, citizen string
	signedIn        time.Time
	expires         time.Time
}

// mintIDToken makes the ID token of a grant, spoilt as ordered.
func (l *Login) mintIDToken(r *http.Request, g grant, c citizens.Citizen) (string, error) {
	ctx := r.Context()
	now := faults.Now(ctx, l.Now)
	jti := l.IDs.UUID()
	claims := map[string]any{
		"iss": l.Issuer, "sub": c.Subject, "aud": g.client, "jti": jti,
		"iat": now.Unix(), "exp": now.Add(idTokenLife).Unix(),
		"nonce": g.nonce, "vot": g.vot, "vtm": l.Issuer + "/trustmark",
		"token_use": "id", "id_status": "verified",
	}
	if g.tellTime {
		claims["auth_time"] = g.signedIn.Unix()
	}
	for name, value := range personClaims(c, g.scope) {
		claims[name] = value
	}
	if faults.Has(ctx, faults.WrongNonce) {
		claims["nonce"] = l.IDs.Token()
	}
	if faults.Has(ctx, faults.WrongAudience) {
		claims["aud"] = "another-client"
	}
	if faults.Has(ctx, faults.WrongIssuer) {
		claims["iss"] = "https://auth.other.example"
	}
	if faults.Has(ctx, faults.ExpiredToken) {
		claims["iat"], claims["exp"] = now.Add(-2*idTokenLife).Unix(), now.Add(-idTokenLife).Unix()
	}
	key := kit.NHSLoginKey
	if faults.Has(ctx, faults.RotatedKey) {
		key = kit.NHSLoginNextKey
	}
	// NHS login repeats claims in the header; readers must not be put off.
	header := map[string]any{}
	for _, name := range []string{"sub", "aud", "iss", "iat", "exp", "jti"} {
		header[name] = claims[name]
	}
	token, err := l.Ring.Sign(key, header, claims)
	if err != nil {
		return "", err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rotated = l.rotated || key == kit.NHSLoginNextKey
	l.issued[jti] = issuedIDToken{client: g.client, citizen: c.Name, signedIn: g.signedIn, expires: now.Add(idTokenLife)}
	return token, nil
}

// personClaims are the claims that scopes open, as far as the proofing level
// allows ("scopes and claims" of the partner documentation).
func personClaims(c citizens.Citizen, scope []string) map[string]any {
	out := map[string]any{}
	proved := c.Proofing != "P0"
	put := func(name, value string) {
		if value != "" && proved {
			out[name] = value
		}
	}
	if slices.Contains(scope, "profile") {
		put("nhs_number", c.NHSNumber)
	}
	if slices.Contains(scope, "profile") || slices.Contains(scope, "basic_demographics") {
		out["identity_proofing_level"] = c.Proofing
		put("family_name", c.Family)
		put("birthdate", c.Born)
	}
	if slices.Contains(scope, "profile_extended") {
		put("given_name", c.Given)
	}
	if slices.Contains(scope, "email") {
		out["email"], out["email_verified"] = c.Name+"@sandbox.example", true
	}
	if slices.Contains(scope, "phone") {
		out["phone_number"], out["phone_number_verified"] = "+447700900000", true // Ofcom's range for drama
	}
	if slices.Contains(scope, "gp_registration_details") && proved {
		out["gp_registration_details"] = map[string]string{"gp_ods_code": c.GP}
	}
	return out
}

// mintAccessToken makes the JWT that opens userinfo.
func (l *Login) mintAccessToken(b bearer, now time.Time) (string, error) {
	c, err := l.People.Find(b.citizen)
	if err != nil {
		return "", err
	}
	return l.Ring.Sign(kit.NHSLoginKey, nil, map[string]any{
		"iss": l.Issuer, "sub": c.Subject, "aud": b.client, "jti": l.IDs.UUID(),
		"iat": now.Unix(), "exp": now.Add(accessLife).Unix(),
		"vot": b.vot, "vtm": l.Issuer + "/trustmark", "scope": join(b.scope), "token_use": "access",
		"client_id": b.client,
	})
}

func join(scope []string) string { return strings.Join(scope, " ") }
