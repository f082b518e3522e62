package jose

import (
	"encoding/json"
	"fmt"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jws"
)

// Sign signs claims as a JWT (RFC 7519, RS512, compact). typ is put into its
// header and names the kind of token (RFC 8725, 3.11). Anyone who has the published
// JWKS can check it. The claims MUST NOT be those of a client assertion (iss and
// sub a client, aud a token endpoint): such a token would grant access in our name.
func (k *Keys) Sign(typ string, claims any) (string, error) {
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("encode claims: %w", err)
	}
	headers := jws.NewHeaders()
	if err := headers.Set(jws.TypeKey, typ); err != nil {
		return "", fmt.Errorf("set typ: %w", err)
	}
	signed, err := jws.Sign(payload, jws.WithKey(jwa.RS512, k.private[0], jws.WithProtectedHeaders(headers)))
	if err != nil {
		return "", fmt.Errorf("sign claims: %w", err)
	}
	return string(signed), nil
}
