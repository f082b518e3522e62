package jose

import (
	"fmt"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jws"
	"github.com/lestrrat-go/jwx/v2/jwt"
)

// AssertionLife is how long a client assertion is valid. The platform accepts at
// most 5 minutes; a clock that is some minutes off still passes.
const AssertionLife = 2 * time.Minute

// ClientAssertionType is the client_assertion_type of RFC 7523, 2.2.
const ClientAssertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// ClientAssertion signs a JWT that proves who this client is (RFC 7523, 3):
// iss and sub are the client, aud is the token endpoint character for character,
// jti MUST be new for each call.
func (k *Keys) ClientAssertion(client, audience, jti string, now time.Time) (string, error) {
	token, err := jwt.NewBuilder().
		Issuer(client).Subject(client).Audience([]string{audience}).JwtID(jti).
		IssuedAt(now).Expiration(now.Add(AssertionLife)).
		Build()
	if err != nil {
		return "", fmt.Errorf("build client assertion: %w", err)
	}
	// The platform compares aud as a string: it refuses an array with one element.
	token.Options().Enable(jwt.FlattenAudience)
	headers := jws.NewHeaders()
	if err := headers.Set(jws.TypeKey, "JWT"); err != nil {
		return "", fmt.Errorf("set typ: %w", err)
	}
	signed, err := jwt.Sign(token, jwt.WithKey(jwa.RS512, k.private[0], jws.WithProtectedHeaders(headers)))
	if err != nil {
		return "", fmt.Errorf("sign client assertion: %w", err)
	}
	return string(signed), nil
}
