package staff

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/patient-care-aggregator/aggregator/internal/upstream"
)

// Member is a member of staff as this service remembers them: "staff:" and a
// keyed hash of issuer and subject. The same account has the same pseudonym while
// the key ring's active key stays; without the ring nobody can tell whose it is.
type Member struct{ Pseudonym string }

const (
	// How far the provider's clock may be ahead of ours.
	clockSkew = time.Minute
	// An ID token comes straight from the token endpoint: an older one is a replay.
	oldestIDToken = 10 * time.Minute

	pseudonymPrefix  = "staff:"
	pseudonymPurpose = "staff-account"
	pseudonymBytes   = 12
)

// identify verifies the ID token (OpenID Connect Core 1.0, 3.1.3.7) and asks for
// the role.
func (s *SignIn) identify(ctx context.Context, p *provider, raw, accessToken string, under pending) (Member, error) {
	token, err := p.verifier.Verify(oidc.ClientContext(ctx, s.d.HTTP), raw)
	if err != nil {
		return Member{}, fmt.Errorf("%w: verify ID token: %w", ErrRefused, upstream.WithoutURL(err))
	}
	claims := map[string]json.RawMessage{}
	if err := token.Claims(&claims); err != nil {
		return Member{}, fmt.Errorf("%w: read ID token: %w", ErrRefused, err)
	}
	if err := s.checkToken(token, claims, accessToken, under); err != nil {
		return Member{}, fmt.Errorf("%w: check ID token: %w", ErrRefused, err)
	}
	m := Member{Pseudonym: s.pseudonym(token.Issuer, token.Subject)}
	if !slices.Contains(texts(claims[s.d.RoleClaim]), s.d.Role) {
		return m, ErrRole
	}
	return m, nil
}

// checkToken makes the checks that go-oidc leaves to its user.
func (s *SignIn) checkToken(token *oidc.IDToken, claims map[string]json.RawMessage, accessToken string, under pending) error {
	now := s.d.Now()
	authorized := texts(claims["azp"])
	switch {
	case subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(under.Nonce)) != 1:
		return errors.New("nonce is not the one that was sent")
	case token.Subject == "":
		return errors.New("sub is missing")
	case len(token.Audience) != 1:
		return errors.New("audience is not this service alone")
	case len(authorized) > 0 && !slices.Equal(authorized, []string{s.d.ClientID}):
		return errors.New("azp is another client")
	case token.IssuedAt.After(now.Add(clockSkew)):
		return errors.New("issued in the future")
	case now.Sub(token.IssuedAt) > oldestIDToken:
		return errors.New("issued too long ago")
	}
	if token.AccessTokenHash != "" {
		if err := token.VerifyAccessToken(accessToken); err != nil {
			return fmt.Errorf("at_hash: %w", err)
		}
	}
	return nil
}

func (s *SignIn) pseudonym(issuer, subject string) string {
	mac := s.d.Ring.MACs(pseudonymPurpose, []byte(issuer+"\x00"+subject))[0]
	return pseudonymPrefix + base64.RawURLEncoding.EncodeToString(mac.Sum[:pseudonymBytes])
}

// texts reads a claim that is a text or a list of texts; anything else is none.
func texts(claim json.RawMessage) []string {
	var one string
	if json.Unmarshal(claim, &one) == nil && one != "" {
		return []string{one}
	}
	var list []string
	if json.Unmarshal(claim, &list) != nil {
		return nil
	}
	return list
}
