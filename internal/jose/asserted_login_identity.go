package jose

import (
	"fmt"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwt"
)

// assertedLife is the longest that NHS login accepts.
const assertedLife = 60 * time.Second

// AssertedLoginIdentity signs a one-time proof that this service has signed a
// citizen in, for single sign-on into another service (NHS login partner
// documentation, "asserted login identity"): code is the jti of the ID token held.
func (k *Keys) AssertedLoginIdentity(client, idTokenID, jti string, now time.Time) (assertion string, expires time.Time, err error) {
	expires = now.Add(assertedLife)
	token, err := jwt.NewBuilder().Issuer(client).JwtID(jti).IssuedAt(now).Expiration(expires).Claim("code", idTokenID).Build()
	if err != nil {
		return "", time.Time{}, fmt.Errorf("build asserted login identity: %w", err)
	}
	signed, err := jwt.Sign(token, jwt.WithKey(jwa.RS512, k.private[0]))
	if err != nil {
		return "", time.Time{}, fmt.Errorf("sign asserted login identity: %w", err)
	}
	return string(signed), expires, nil
}
