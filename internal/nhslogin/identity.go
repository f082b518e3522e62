package nhslogin

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/keys"
	"github.com/patient-care-aggregator/aggregator/internal/problem"
)

// Identity is a citizen whom NHS login vouches for.
type Identity struct {
	NHSNumber      citizen.NHSNumber
	IDToken        keys.Secret // as signed, for the token exchange
	IDTokenID      string      // its jti, for single sign-on into other services
	IDTokenExpires time.Time
}

const (
	// How far NHS login's clock may be ahead of ours.
	clockSkew = time.Minute
	// An ID token comes straight from the token endpoint: an older one is a replay.
	oldestIDToken = 10 * time.Minute

	minimumAge     = 16
	requiredLevel  = "P9"
	birthdateStyle = time.DateOnly
)

type claims struct {
	JTI       string `json:"jti"`
	VOT       string `json:"vot"`
	AZP       string `json:"azp"`
	AuthTime  int64  `json:"auth_time"`
	NHSNumber string `json:"nhs_number"`
	Birthdate string `json:"birthdate"`
	Level     string `json:"identity_proofing_level"`
}

// identify verifies the ID token (OpenID Connect Core 1.0, 3.1.3.7) and then
// asks of the citizen what this service requires.
func (c *Client) identify(ctx context.Context, p *provider, raw, accessToken string, a Authorization) (Identity, error) {
	token, err := verify(ctx, p, raw)
	if err != nil {
		return Identity{}, err
	}
	var v claims
	if err := token.Claims(&v); err != nil {
		// The error could repeat a claim.
		return Identity{}, problem.New(problem.SignInFailed, errors.New("read ID token: a claim has another type than it should"))
	}
	if err := c.checkToken(token, v, accessToken, a); err != nil {
		return Identity{}, problem.New(problem.SignInFailed, fmt.Errorf("check ID token: %w", err))
	}
	if v.Level != requiredLevel || !slices.Contains(VectorsOfTrust(), v.VOT) {
		return Identity{}, problem.New(problem.IdentityLevelTooLow, nil)
	}
	if err := c.checkAge(v.Birthdate); err != nil {
		return Identity{}, err
	}
	number, err := citizen.ParseNHSNumber(v.NHSNumber)
	if err != nil {
		return Identity{}, problem.New(problem.NoNHSNumber, err)
	}
	return Identity{
		NHSNumber: number, IDToken: keys.NewSecret(raw), IDTokenID: v.JTI, IDTokenExpires: token.Expiry,
	}, nil
}

// verify checks signature, issuer, audience and expiry. Keys that cannot be had
// are NHS login's trouble and not the token's fault.
func verify(ctx context.Context, p *provider, raw string) (*oidc.IDToken, error) {
	if _, err := p.keys.VerifySignature(ctx, raw); err != nil {
		var sending *url.Error
		if errors.As(err, &sending) || ctx.Err() != nil {
			return nil, problem.New(problem.SignInUnavailable, fmt.Errorf("verify ID token: %w", errNoKeySet))
		}
		return nil, problem.New(problem.SignInFailed, errors.New("verify ID token: no key of NHS login made its signature"))
	}
	token, err := p.verifier.Verify(ctx, raw)
	if err != nil {
		return nil, problem.New(problem.SignInFailed, errors.New("verify ID token: "+whyNot(err)))
	}
	return token, nil
}

// whyNot names the check that failed. The library's own text can repeat a claim.
func whyNot(err error) string {
	var expired *oidc.TokenExpiredError
	switch text := err.Error(); {
	case errors.As(err, &expired):
		return "it has expired"
	case strings.Contains(text, "different provider"):
		return "another issuer made it"
	case strings.Contains(text, "audience"):
		return "it is for another client"
	case strings.Contains(text, "not before"):
		return "it is not valid yet"
	}
	return "it is not of the form or algorithm that it should be"
}

// checkToken makes the checks that go-oidc leaves to its user.
func (c *Client) checkToken(token *oidc.IDToken, v claims, accessToken string, a Authorization) error {
	now := c.d.Now()
	switch {
	case a.Nonce == "" || subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(a.Nonce)) != 1:
		return errors.New("nonce is not the one that was sent")
	case len(token.Audience) != 1:
		return errors.New("audience is not this service alone")
	case v.AZP != "" && v.AZP != c.d.ClientID:
		return errors.New("azp is another client")
	case token.IssuedAt.After(now.Add(clockSkew)):
		return errors.New("issued in the future")
	case now.Sub(token.IssuedAt) > oldestIDToken:
		return errors.New("issued too long ago")
	case v.AuthTime != 0 && !a.FreshSince.IsZero() && time.Unix(v.AuthTime, 0).Before(a.FreshSince.Add(-clockSkew)):
		return errors.New("auth_time is before the sign-in that was asked for")
	case v.JTI == "":
		return errors.New("jti is missing")
	}
	if token.AccessTokenHash != "" {
		if err := token.VerifyAccessToken(accessToken); err != nil {
			return fmt.Errorf("at_hash: %w", err)
		}
	}
	return nil
}

// checkAge refuses the young, and whoever's age nobody can tell. 16 is reached
// at the birthday's first moment in London; for 29 February that is 1 March.
func (c *Client) checkAge(birthdate string) error {
	born, err := time.ParseInLocation(birthdateStyle, birthdate, c.london)
	if err != nil {
		// time's error repeats the text.
		return problem.New(problem.AgeUnknown, errors.New("birthdate is missing or no date"))
	}
	now := c.d.Now()
	const oldestAge = 130
	if born.After(now) || born.AddDate(oldestAge, 0, 0).Before(now) {
		return problem.New(problem.AgeUnknown, errors.New("birthdate makes no sense"))
	}
	if now.Before(time.Date(born.Year()+minimumAge, born.Month(), born.Day(), 0, 0, 0, 0, c.london)) {
		return problem.New(problem.Under16, nil)
	}
	return nil
}
