package nhslogin

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/patient-care-aggregator/aggregator/internal/jose"
	"github.com/patient-care-aggregator/aggregator/internal/problem"
	"github.com/patient-care-aggregator/aggregator/internal/upstream"
)

// VectorsOfTrust are what this service asks for and accepts (RFC 8485): identity
// proved to P9 and two factors. e-RS Patient Care refuses every other.
func VectorsOfTrust() []string { return []string{"P9.Cp.Cd", "P9.Cp.Ck", "P9.Cm"} }

// Deps are what a Client needs; all are required but AllowInsecure.
type Deps struct {
	Issuer      string // as registered, without a trailing slash
	ClientID    string
	RedirectURL string // exactly as registered with NHS login
	Keys        *jose.Keys
	// NewClient makes a bounded HTTP client; wrap, when not nil, stands between
	// it and the network.
	NewClient func(wrap func(http.RoundTripper) http.RoundTripper) *upstream.Client
	Now       func() time.Time
	NewID     func() string
	// AllowInsecure permits http endpoints, for a provider on loopback.
	AllowInsecure bool
}

// Client speaks to NHS login. It is safe for concurrent use.
type Client struct {
	d         Deps
	http      *upstream.Client
	keysHTTP  *upstream.Client
	discovery *discovery
	london    *time.Location
}

// New makes a client; it asks NHS login nothing until the first sign-in.
func New(d Deps) (*Client, error) {
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		return nil, fmt.Errorf("load time zone: %w", err)
	}
	c := &Client{
		d:        d,
		http:     d.NewClient(nil),
		keysHTTP: d.NewClient(func(next http.RoundTripper) http.RoundTripper { return newKeyGuard(next, d.Now) }),
		london:   london,
	}
	c.discovery = &discovery{
		issuer: d.Issuer, clientID: d.ClientID, allowInsecure: d.AllowInsecure,
		client: c.http.HTTP(), keysClient: c.keysHTTP.HTTP(), now: d.Now,
	}
	return c, nil
}

// Close ends idle connections.
func (c *Client) Close() {
	c.http.Close()
	c.keysHTTP.Close()
}

// Authorization is a sign-in about to begin: what to remember, and where to
// send the citizen.
type Authorization struct {
	Nonce        string
	CodeVerifier string // empty when NHS login does not list PKCE S256
	// FreshSince is when a sign-in with prompt=login began: the citizen must have
	// signed in after it. Zero where an earlier sign-in serves.
	FreshSince time.Time
	url        func(state string) string
}

// URL is where to send the citizen's browser.
func (a Authorization) URL(state string) string { return a.url(state) }

// Begin prepares a sign-in. prompt is "", "none" or "login". The error is a
// problem: sign_in_unavailable.
func (c *Client) Begin(ctx context.Context, prompt string) (Authorization, error) {
	p, err := c.discovery.provider(ctx)
	if err != nil {
		return Authorization{}, problem.New(problem.SignInUnavailable, err)
	}
	vectors, err := json.Marshal(VectorsOfTrust())
	if err != nil {
		return Authorization{}, fmt.Errorf("encode vectors of trust: %w", err)
	}
	a := Authorization{Nonce: rand.Text()}
	options := []oauth2.AuthCodeOption{oidc.Nonce(a.Nonce), oauth2.SetAuthURLParam("vtr", string(vectors))}
	if prompt != "" {
		options = append(options, oauth2.SetAuthURLParam("prompt", prompt))
	}
	if prompt == "login" {
		a.FreshSince = c.d.Now()
	}
	if p.pkce {
		a.CodeVerifier = oauth2.GenerateVerifier()
		options = append(options, oauth2.S256ChallengeOption(a.CodeVerifier))
	}
	config := c.oauth(p)
	a.url = func(state string) string { return config.AuthCodeURL(state, options...) }
	return a, nil
}

// Finish exchanges the code of a sign-in that Begin prepared and checks who came
// back. Errors are problems that can be shown to the citizen: sign_in_expired,
// sign_in_failed, sign_in_unavailable, identity_level_too_low, under_16,
// age_unknown, no_nhs_number.
func (c *Client) Finish(ctx context.Context, a Authorization, code string) (Identity, error) {
	if code == "" {
		return Identity{}, problem.New(problem.SignInFailed, errors.New("came back without a code"))
	}
	p, err := c.discovery.provider(ctx)
	if err != nil {
		return Identity{}, problem.New(problem.SignInUnavailable, err)
	}
	assertion, err := c.d.Keys.ClientAssertion(c.d.ClientID, p.tokenURL, c.d.NewID(), c.d.Now())
	if err != nil {
		return Identity{}, fmt.Errorf("sign in with NHS login: %w", err)
	}
	options := []oauth2.AuthCodeOption{
		oauth2.SetAuthURLParam("client_assertion_type", jose.ClientAssertionType),
		oauth2.SetAuthURLParam("client_assertion", assertion),
	}
	if a.CodeVerifier != "" {
		options = append(options, oauth2.VerifierOption(a.CodeVerifier))
	}
	tokens, err := c.oauth(p).Exchange(context.WithValue(ctx, oauth2.HTTPClient, c.http.HTTP()), code, options...)
	if err != nil {
		return Identity{}, exchangeProblem(err)
	}
	raw, ok := tokens.Extra("id_token").(string)
	if !ok {
		return Identity{}, problem.New(problem.SignInFailed, errors.New("token answer has no ID token"))
	}
	return c.identify(ctx, p, raw, tokens.AccessToken, a)
}

func (c *Client) oauth(p *provider) *oauth2.Config {
	return &oauth2.Config{
		ClientID: c.d.ClientID, RedirectURL: c.d.RedirectURL, Scopes: []string{oidc.ScopeOpenID, "profile"},
		// AuthStyleAutoDetect would send a failed request twice, and with it the jti.
		Endpoint: oauth2.Endpoint{AuthURL: p.authorizeURL, TokenURL: p.tokenURL, AuthStyle: oauth2.AuthStyleInParams},
	}
}

// exchangeProblem tells a used or expired code from a provider in trouble. What
// the provider wrote is not repeated: only codes of RFC 6749, 5.2 are.
func exchangeProblem(err error) error {
	var refused *oauth2.RetrieveError
	var sending *url.Error
	switch {
	case errors.As(err, &sending):
		return problem.New(problem.SignInUnavailable, fmt.Errorf("exchange code: %w", upstream.WithoutURL(err)))
	case !errors.As(err, &refused):
		return problem.New(problem.SignInUnavailable, errors.New("exchange code: the answer holds no tokens that can be read"))
	}
	switch refused.ErrorCode {
	case "invalid_grant":
		return problem.New(problem.SignInExpired, errors.New("exchange code: invalid_grant"))
	case "invalid_client", "invalid_request", "unauthorized_client", "unsupported_grant_type", "invalid_scope":
		return problem.New(problem.SignInUnavailable, errors.New("exchange code: NHS login refused this service: "+refused.ErrorCode))
	}
	return problem.New(problem.SignInUnavailable, fmt.Errorf("exchange code: status %d", refused.Response.StatusCode))
}
