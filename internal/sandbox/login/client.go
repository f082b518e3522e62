package login

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/patient-care-aggregator/aggregator/internal/sandbox/faults"
	"github.com/patient-care-aggregator/aggregator/internal/sandbox/jwt"
	"github.com/patient-care-aggregator/aggregator/internal/sandbox/registry"
)

const (
	assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
	// maxAssertionLife reads "short exp" of the specification; RFC 7523 names none.
	maxAssertionLife = time.Hour
)

var errClient = errors.New("invalid_client")

// authenticate proves the client by private_key_jwt (RFC 7523, specification
// §3.5.1). The error is for the recording: NHS login sends the client only
// "invalid_client".
func (l *Login) authenticate(r *http.Request) (registry.App, error) {
	if r.PostFormValue("client_assertion_type") != assertionType {
		return registry.App{}, fmt.Errorf("%w: client_assertion_type is missing or wrong", errClient)
	}
	if r.Header.Get("Authorization") != "" || r.PostForm.Has("client_secret") {
		return registry.App{}, fmt.Errorf("%w: more than one client authentication method", errClient)
	}
	token, err := jwt.Read(r.PostFormValue("client_assertion"))
	if err != nil {
		return registry.App{}, fmt.Errorf("%w: client_assertion: %w", errClient, err)
	}
	id := jwt.Text(token.Claims, "iss")
	app, ok := l.Apps.ByClientID(id)
	switch {
	case !ok:
		return registry.App{}, fmt.Errorf("%w: iss is not a registered client", errClient)
	case jwt.Text(token.Claims, "sub") != id:
		return registry.App{}, fmt.Errorf("%w: sub is not iss", errClient)
	case r.PostForm.Has("client_id") && r.PostFormValue("client_id") != id:
		return registry.App{}, fmt.Errorf("%w: client_id is not iss", errClient)
	case !slices.Contains(jwt.Audience(token.Claims), l.tokenEndpoint()):
		return registry.App{}, fmt.Errorf("%w: aud is not the token endpoint", errClient)
	}
	if err := l.verifyBy(r, app, token); err != nil {
		return registry.App{}, fmt.Errorf("%w: %w", errClient, err)
	}
	now := faults.Now(r.Context(), l.Now)
	exp, ok := jwt.Time(token.Claims, "exp")
	switch {
	case !ok:
		return registry.App{}, fmt.Errorf("%w: exp is missing or not a number", errClient)
	case !exp.After(now):
		return registry.App{}, fmt.Errorf("%w: the assertion has expired", errClient)
	case exp.Sub(now) > maxAssertionLife:
		return registry.App{}, fmt.Errorf("%w: exp is more than an hour ahead", errClient)
	}
	jti := jwt.Text(token.Claims, "jti")
	if jti == "" {
		return registry.App{}, fmt.Errorf("%w: jti is missing", errClient)
	}
	if !l.assertions.Use("client\x00"+id+"\x00"+jti, now, exp) {
		return registry.App{}, fmt.Errorf("%w: jti was used before", errClient)
	}
	return app, nil
}

// verifyBy proves a signature by the app's keys, fetching them again once when
// the named key is not among the kept ones.
func (l *Login) verifyBy(r *http.Request, app registry.App, token jwt.Token) error {
	for _, fresh := range []bool{false, true} {
		keys, err := l.Keys.Keys(r.Context(), app.NHSLoginJWKS, app.NHSLoginJWKSURL, fresh)
		if err != nil {
			return err
		}
		err = token.Verify(keys, jose.RS512)
		if err == nil || !errors.Is(err, jwt.ErrNoKey) {
			return err
		}
	}
	return jwt.ErrNoKey
}
