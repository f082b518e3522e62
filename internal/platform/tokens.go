package platform

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/patient-care-aggregator/aggregator/internal/aggregate"
	"github.com/patient-care-aggregator/aggregator/internal/cache"
	"github.com/patient-care-aggregator/aggregator/internal/jose"
	"github.com/patient-care-aggregator/aggregator/internal/keys"
	"github.com/patient-care-aggregator/aggregator/internal/referral"
	"github.com/patient-care-aggregator/aggregator/internal/upstream"
)

// spare is subtracted from a token's life, so that it does not expire in transit.
const spare = 30 * time.Second

// Deps are what Tokens needs; all are required.
type Deps struct {
	TokenURL string
	APIKey   keys.Secret // the application's key, iss and sub of the assertion
	Keys     *jose.Keys
	HTTP     *upstream.Client
	Cache    *cache.Cache[keys.Secret]
	Now      func() time.Time
	NewID    func() string
}

// Tokens gets access tokens. It is safe for concurrent use.
type Tokens struct{ d Deps }

// New needs every field of d.
func New(d Deps) *Tokens { return &Tokens{d: d} }

// Token returns an access token for the citizen of a, from the cache or a new one. The
// error is aggregate.ErrReauthenticate when the ID token has ended or is refused,
// else an *aggregate.Failure.
func (t *Tokens) Token(ctx context.Context, a aggregate.Access) (keys.Secret, error) {
	r, err := t.d.Cache.Get(ctx, a.IDTokenID, func(ctx context.Context) (keys.Secret, time.Duration, error) {
		return t.exchange(ctx, a)
	})
	if err != nil {
		return keys.Secret{}, fmt.Errorf("get access token: %w", asFailure(err))
	}
	return r.Value, nil
}

// Check asks the platform whether it knows this application and its key: of an exchange
// of what is no ID token it must refuse that, and nothing else.
func (t *Tokens) Check(ctx context.Context) error {
	_, _, err := t.exchange(ctx, aggregate.Access{IDToken: keys.NewSecret("no-id-token"), IDTokenExpires: t.d.Now().Add(time.Hour)})
	switch {
	case err == nil:
		return errors.New("the platform gave an access token for what is no ID token")
	case errors.Is(err, aggregate.ErrReauthenticate):
		return nil
	}
	return fmt.Errorf("check API platform: %w", err)
}

// asFailure keeps Token's promise for what the cache adds: a wait that ended, or
// a sign-in that was forgotten in the meantime.
func asFailure(err error) error {
	var known *aggregate.Failure
	switch {
	case errors.As(err, &known), errors.Is(err, aggregate.ErrReauthenticate):
		return err
	case errors.Is(err, context.DeadlineExceeded):
		return &aggregate.Failure{Issue: referral.IssueTimeout, Kind: aggregate.TooSlow, Cause: err}
	}
	return &aggregate.Failure{Issue: referral.IssueException, NotStale: true, Cause: err}
}

// Forget drops the access token of a sign-in: the API refused it, or the citizen
// signed out.
func (t *Tokens) Forget(idTokenID string) { t.d.Cache.Purge(idTokenID) }

func (t *Tokens) exchange(ctx context.Context, a aggregate.Access) (keys.Secret, time.Duration, error) {
	left := a.IDTokenExpires.Sub(t.d.Now()) - spare
	if left <= 0 {
		return keys.Secret{}, 0, aggregate.ErrReauthenticate
	}
	assertion, err := t.d.Keys.ClientAssertion(t.d.APIKey.Reveal(), t.d.TokenURL, t.d.NewID(), t.d.Now())
	if err != nil {
		return keys.Secret{}, 0, &aggregate.Failure{Issue: referral.IssueException, Cause: err}
	}
	// A new Config for each call: an assertion may be used once.
	config := clientcredentials.Config{
		TokenURL:  t.d.TokenURL,
		AuthStyle: oauth2.AuthStyleInParams,
		EndpointParams: url.Values{
			"grant_type":            {"urn:ietf:params:oauth:grant-type:token-exchange"},
			"subject_token_type":    {"urn:ietf:params:oauth:token-type:id_token"},
			"subject_token":         {a.IDToken.Reveal()},
			"client_assertion_type": {jose.ClientAssertionType},
			"client_assertion":      {assertion},
		},
	}
	asked := t.d.Now()
	token, err := config.Token(context.WithValue(ctx, oauth2.HTTPClient, upstream.TokenClient(t.d.HTTP.HTTP())))
	if err != nil {
		return keys.Secret{}, 0, refusal(err)
	}
	if !isBearer(token.TokenType) {
		return keys.Secret{}, 0, &aggregate.Failure{Issue: referral.IssueStructure, Cause: errors.New("the token is not a Bearer token")}
	}
	fresh := lifetime(token) - spare - t.d.Now().Sub(asked)
	return keys.NewSecret(token.AccessToken), min(fresh, left), nil
}

// isBearer accepts BearerToken too, which is what the platform's gateway (Apigee)
// says unless it is told to say Bearer.
func isBearer(tokenType string) bool {
	return strings.EqualFold(tokenType, "Bearer") || strings.EqualFold(tokenType, "BearerToken")
}

// lifetime returns expires_in, which the platform sends as a JSON string. It is
// zero when expires_in is missing or not a number: the token is then used for one
// request. It is never more than an hour.
func lifetime(token *oauth2.Token) time.Duration {
	seconds, err := strconv.ParseFloat(fmt.Sprint(token.Extra("expires_in")), 64)
	if err != nil || !(seconds > 0) { // not a number is not more than 0 either
		return 0
	}
	return time.Duration(min(seconds, time.Hour.Seconds()) * float64(time.Second))
}

// refusal decides what a refused exchange means. The platform's own words are
// compared and never repeated: they can quote what was sent.
func refusal(err error) error {
	var refused *oauth2.RetrieveError
	if !errors.As(err, &refused) {
		return noAnswer(err)
	}
	status := refused.Response.StatusCode
	cause := fmt.Errorf("token endpoint answered status %d", status)
	switch {
	case status == http.StatusUnauthorized && refused.ErrorCode == "unauthorized_client":
		return &aggregate.Failure{Issue: referral.IssueBusinessRule, Kind: aggregate.IdentityLevelTooLow, NotStale: true, Cause: cause}
	case (status == http.StatusBadRequest || status == http.StatusUnauthorized) && blamesIDToken(refused.ErrorDescription):
		return fmt.Errorf("%w: %w", aggregate.ErrReauthenticate, cause)
	case status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable:
		return &aggregate.Failure{Issue: referral.IssueTransient, Kind: aggregate.Busy, RetryAfter: upstream.RetryAfter(refused.Response.Header), Cause: cause}
	case status == http.StatusGatewayTimeout:
		return &aggregate.Failure{Issue: referral.IssueTimeout, Kind: aggregate.TooSlow, Cause: cause}
	case status >= http.StatusInternalServerError:
		return &aggregate.Failure{Issue: referral.IssueTransient, Cause: cause}
	}
	return &aggregate.Failure{Issue: referral.IssueException, Cause: cause}
}

// blamesIDToken reports whether the fault is the ID token's and not that of the request around it.
func blamesIDToken(description string) bool {
	return strings.Contains(strings.ReplaceAll(description, "subject_token_type", ""), "subject_token")
}

func noAnswer(err error) error {
	f := &aggregate.Failure{Issue: referral.IssueStructure, Cause: errors.New("the token endpoint's answer could not be read")}
	var sending *url.Error
	if errors.As(err, &sending) {
		f.Issue, f.Cause = referral.IssueTransient, upstream.WithoutURL(err)
	}
	// The library keeps only the text of an error that occurred in the body.
	late := strings.Contains(err.Error(), context.DeadlineExceeded.Error())
	if late || (sending != nil && sending.Timeout()) {
		f.Issue, f.Kind = referral.IssueTimeout, aggregate.TooSlow
	}
	return f
}
