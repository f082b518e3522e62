package oidc

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"

	"github.com/patient-care-aggregator/aggregator/internal/keys"
)

// oldestIDToken is how long ago an ID token may have been issued, besides
// ClockTolerance. It comes straight from the token endpoint, so an older one is a
// replay; but some providers date their tokens back by five minutes.
const oldestIDToken = 5 * time.Minute

// Result is a finished sign-in: an ID token that passed every check of this package.
type Result struct {
	// Of the Request that began the sign-in.
	ReturnTo, Renews, Prompt string

	Issuer  string
	Subject string
	// AuthTime is when the person last proved who they are; zero if the provider did
	// not say (auth_time of OpenID Connect Core 1.0, 2).
	AuthTime time.Time
	IDToken  keys.Secret // as the provider signed it
	Expires  time.Time
	claims   []byte
}

// Claims reads the claims of the verified ID token into v. An error is ErrInvalid
// and repeats no claim.
func (r Result) Claims(v any) error {
	if err := json.Unmarshal(r.claims, v); err != nil {
		return fmt.Errorf("%w: read ID token: a claim has the wrong type", ErrInvalid)
	}
	return nil
}

// verify checks an ID token (OpenID Connect Core 1.0, 3.1.3.7).
func (rp *RelyingParty) verify(ctx context.Context, p *provider, raw, accessToken string, signIn pending) (Result, error) {
	signature := &signatureCheck{keys: p.keys, algorithms: p.algorithms}
	token, err := oidc.NewVerifier(rp.c.Issuer, signature, &oidc.Config{
		ClientID: rp.c.ClientID, SupportedSigningAlgs: p.algorithms,
		SkipExpiryCheck: true, // checkTimes does it, with the one tolerance
	}).Verify(ctx, raw)
	switch {
	case signature.err != nil && !errors.Is(signature.err, errNoSignature):
		return Result{}, fmt.Errorf("%w: verify ID token: %w", ErrUnavailable, signature.err)
	case err != nil:
		return Result{}, fmt.Errorf("%w: verify ID token: %s", ErrInvalid, whyNot(signature.err, err))
	}
	var claims timesAndParty
	if err := token.Claims(&claims); err != nil {
		return Result{}, fmt.Errorf("%w: read ID token: a claim has the wrong type", ErrInvalid)
	}
	if err := rp.checkParties(token, claims, signIn); err != nil {
		return Result{}, fmt.Errorf("%w: check ID token: %w", ErrInvalid, err)
	}
	if err := rp.checkTimes(token, claims, signIn); err != nil {
		return Result{}, fmt.Errorf("%w: check ID token: %w", ErrInvalid, err)
	}
	if token.AccessTokenHash != "" && token.VerifyAccessToken(accessToken) != nil {
		return Result{}, fmt.Errorf("%w: check ID token: at_hash is another access token's", ErrInvalid)
	}
	return Result{
		Issuer: token.Issuer, Subject: token.Subject, IDToken: keys.NewSecret(raw), Expires: token.Expiry,
		AuthTime: claims.AuthTime.Time, claims: signature.payload,
	}, nil
}

// signatureCheck checks one token's signature, once, and remembers the outcome:
// go-oidc keeps only the text of the error.
type signatureCheck struct {
	keys       *keySet
	algorithms []string

	payload []byte
	err     error
}

// VerifySignature implements oidc.KeySet.
func (s *signatureCheck) VerifySignature(ctx context.Context, raw string) ([]byte, error) {
	algorithms := make([]jose.SignatureAlgorithm, len(s.algorithms))
	for i, a := range s.algorithms {
		algorithms[i] = jose.SignatureAlgorithm(a)
	}
	token, err := jose.ParseSignedCompact(raw, algorithms)
	if err != nil || len(token.Signatures) != 1 {
		s.err = errNoSignature
		return nil, s.err
	}
	s.payload, s.err = s.keys.verify(ctx, token)
	return s.payload, s.err
}

// whyNot names the check that failed. The library's own text can repeat a claim.
func whyNot(signature, err error) string {
	switch text := err.Error(); {
	case signature != nil:
		return signature.Error()
	case strings.Contains(text, "different provider"):
		return "another issuer made it"
	case strings.Contains(text, "audience"):
		return "it is for another client"
	}
	return "its form or algorithm is wrong"
}

// timesAndParty are the claims that go-oidc leaves to its user.
type timesAndParty struct {
	AZP       string      `json:"azp"`
	NotBefore numericDate `json:"nbf"`
	AuthTime  numericDate `json:"auth_time"`
}

// numericDate is a NumericDate (RFC 7519, 2): seconds, perhaps with a fraction.
// Any other value leaves it zero and unreadable: most of these claims are optional,
// and a sign-in does not fail because of one that it does not need.
type numericDate struct {
	time.Time
	unreadable bool
}

func (n numericDate) absent() bool { return n.IsZero() && !n.unreadable }

// UnmarshalJSON implements json.Unmarshaler.
func (n *numericDate) UnmarshalJSON(text []byte) error {
	const latest = 1 << 40 // far in the future, and safe to convert
	var seconds float64
	n.unreadable = string(text) != "null"
	if json.Unmarshal(text, &seconds) == nil && seconds > 0 && seconds < latest {
		whole, fraction := math.Modf(seconds)
		n.unreadable = false
		n.Time = time.Unix(int64(whole), int64(fraction*float64(time.Second)))
	}
	return nil
}

// checkParties checks which client the token was made for, and which sign-in.
func (rp *RelyingParty) checkParties(token *oidc.IDToken, claims timesAndParty, signIn pending) error {
	switch {
	case signIn.Nonce == "" || subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(signIn.Nonce)) != 1:
		return errors.New("nonce is not the one that was sent")
	case token.Subject == "":
		return errors.New("sub is missing")
	// aud is a text or a list. This service trusts no other audience, so a list
	// with a second one is rejected, whatever azp says.
	case len(token.Audience) != 1:
		return errors.New("the audience is not this service only")
	case claims.AZP != "" && claims.AZP != rp.c.ClientID:
		return errors.New("azp is another client")
	}
	return nil
}

// checkTimes compares the times in a token with now. The clocks may differ by
// ClockTolerance.
func (rp *RelyingParty) checkTimes(token *oidc.IDToken, claims timesAndParty, signIn pending) error {
	now := rp.d.Now()
	earliest, latest := now.Add(-ClockTolerance), now.Add(ClockTolerance)
	switch {
	case token.Expiry.Before(earliest):
		return errors.New("it has expired")
	case claims.NotBefore.unreadable:
		return errors.New("nbf is not a time")
	case claims.NotBefore.After(latest):
		return errors.New("it is not valid yet")
	case token.IssuedAt.After(latest):
		return errors.New("it was issued in the future")
	case token.IssuedAt.Before(earliest.Add(-oldestIDToken)):
		return errors.New("it was issued too long ago")
	}
	if signIn.FreshSince.IsZero() {
		return nil
	}
	switch {
	case claims.AuthTime.absent() && rp.c.AuthTimeOptional:
	case claims.AuthTime.IsZero():
		return errors.New("auth_time is missing after prompt=login")
	case claims.AuthTime.Before(signIn.FreshSince.Add(-ClockTolerance)):
		return errors.New("auth_time is before the sign-in that was asked for")
	case claims.AuthTime.After(latest):
		return errors.New("auth_time is in the future")
	}
	return nil
}
