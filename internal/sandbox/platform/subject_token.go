package platform

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/patient-care-aggregator/aggregator/internal/sandbox/jwt"
	"github.com/patient-care-aggregator/aggregator/internal/sandbox/registry"
)

const subjectType = "urn:ietf:params:oauth:token-type:id_token"

// checkSubject proves the citizen by NHS login's ID token.
func (p *Platform) checkSubject(r *http.Request, app registry.App, now time.Time) (Token, *complaint) {
	if r.PostFormValue("subject_token_type") != subjectType {
		return Token{}, invalid("missing or invalid subject_token_type - must be '" + subjectType + "'")
	}
	raw := r.PostFormValue("subject_token")
	if raw == "" {
		return Token{}, invalid("Missing subject_token")
	}
	t, err := jwt.Read(raw)
	if err != nil {
		return Token{}, invalid("Malformed JWT in subject_token")
	}
	for _, bad := range []*complaint{
		checkHeader(t, "subject_token"), checkExpiry(t, now, "subject_token", 0), p.checkOrigin(t),
	} {
		if bad != nil {
			return Token{}, bad
		}
	}
	switch err := t.Verify(p.IDKeys(), jose.RS512); {
	case errors.Is(err, jwt.ErrNoKey):
		return Token{}, unauthorized("Invalid 'kid' header in subject_token JWT - no matching public key")
	case err != nil:
		return Token{}, unauthorized("JWT signature verification failed")
	}
	proofing := jwt.Text(t.Claims, "identity_proofing_level")
	if !slices.Contains(app.ProofingLevels, proofing) {
		return Token{}, &complaint{
			http.StatusUnauthorized, "unauthorized_client",
			"you have tried to request authorization but your application is not configured to use this authorization grant type",
		}
	}
	return Token{Citizen: p.citizen(t), APIKey: app.APIKey, VoT: jwt.Text(t.Claims, "vot"), Proofing: proofing}, nil
}

func (p *Platform) checkOrigin(t jwt.Token) *complaint {
	switch iss := jwt.Text(t.Claims, "iss"); {
	case iss == "":
		return invalid("Missing 'iss' claim in subject_token JWT")
	case iss != p.Issuer:
		return invalid("Missing or non-matching 'iss' claim in subject_token JWT")
	case len(jwt.Audience(t.Claims)) == 0:
		return unauthorized("Missing 'aud' claim in subject_token JWT")
	}
	return nil
}
