package staff

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/patient-care-aggregator/aggregator/internal/keys"
	"github.com/patient-care-aggregator/aggregator/internal/session"
	"github.com/patient-care-aggregator/aggregator/internal/upstream"
)

// What a sign-in can end with, besides success. Each wraps its cause, which holds
// nothing that the provider or a stranger wrote.
var (
	// ErrUnavailable says that the provider gave no usable answer. Try again later.
	ErrUnavailable = errors.New("staff provider is not available")
	// ErrRefused says that the sign-in cannot be trusted, was used, took too long,
	// or was given up at the provider. Begin again.
	ErrRefused = errors.New("staff sign-in refused")
	// ErrRole says that the provider vouches for this person, and that they do not
	// have the role. The Member that comes with it is who was refused.
	ErrRole = errors.New("staff member does not have the role")
)

// Deps are what a SignIn needs; all are required but AllowInsecure.
type Deps struct {
	Issuer       string // as the provider names itself, without a trailing slash
	ClientID     string
	ClientSecret keys.Secret
	RedirectURL  string // exactly as registered with the provider
	RoleClaim    string // of the ID token: a text, or a list of texts
	Role         string // that a person has to have
	HTTP         *http.Client
	Ring         *keys.Ring
	States       States
	Now          func() time.Time
	// AllowInsecure permits http endpoints, for a provider on loopback.
	AllowInsecure bool
}

// States keeps sign-ins under way, each for one return (session.OneTimeStore).
type States interface {
	Put(ctx context.Context, kind string, hash [32]byte, value []byte, expiresAt time.Time) error
	// Take is atomic; session.ErrNone when there is none (any more).
	Take(ctx context.Context, kind string, hash [32]byte, now time.Time) ([]byte, error)
}

// SignIn signs staff in. It is safe for concurrent use.
type SignIn struct {
	d         Deps
	discovery *discovery
}

// NewSignIn checks d; it asks the provider nothing until the first sign-in.
func NewSignIn(d Deps) (*SignIn, error) {
	if d.Issuer == "" || d.ClientID == "" || d.ClientSecret.IsZero() || d.RedirectURL == "" || d.RoleClaim == "" ||
		d.Role == "" || d.HTTP == nil || d.HTTP.Timeout <= 0 || d.Ring == nil || d.States == nil || d.Now == nil {
		return nil, errors.New("new staff sign-in: a dependency is missing")
	}
	return &SignIn{d: d, discovery: &discovery{
		issuer: d.Issuer, clientID: d.ClientID, allowInsecure: d.AllowInsecure, client: d.HTTP, now: d.Now,
	}}, nil
}

// Begin gives where to send the browser, and the secret that ties the sign-in to
// it: the browser has to bring it back to Finish. Errors: ErrUnavailable, or what
// the store says.
func (s *SignIn) Begin(ctx context.Context) (address, binding string, err error) {
	p, err := s.discovery.provider(ctx)
	if err != nil {
		return "", "", fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	under := pending{Nonce: rand.Text(), CodeVerifier: oauth2.GenerateVerifier(), Binding: rand.Text()}
	state, err := s.keep(ctx, under)
	if err != nil {
		return "", "", err
	}
	address = s.oauth(p).AuthCodeURL(state, oidc.Nonce(under.Nonce), oauth2.S256ChallengeOption(under.CodeVerifier))
	return address, under.Binding, nil
}

// Return is what the browser brought back from the provider.
type Return struct {
	State, Code, Error, Issuer string // Issuer is RFC 9207's iss; empty where the provider sends none
	Binding                    string
}

// Finish exchanges the code and checks who came. The state is taken before
// anything else is looked at. Errors: ErrRefused, ErrUnavailable, ErrRole (then
// the Member says who), or what the store says.
func (s *SignIn) Finish(ctx context.Context, r Return) (Member, error) {
	under, err := s.take(ctx, r.State)
	switch {
	case errors.Is(err, session.ErrNone):
		return Member{}, fmt.Errorf("%w: the state is unknown, used or too old", ErrRefused)
	case err != nil:
		return Member{}, err
	case subtle.ConstantTimeCompare([]byte(r.Binding), []byte(under.Binding)) != 1:
		return Member{}, fmt.Errorf("%w: it began in another browser", ErrRefused)
	case r.Issuer != "" && r.Issuer != s.d.Issuer:
		return Member{}, fmt.Errorf("%w: another provider answered", ErrRefused)
	case r.Error != "":
		return Member{}, fmt.Errorf("%w: the provider refused", ErrRefused)
	}
	p, err := s.discovery.provider(ctx)
	if err != nil {
		return Member{}, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	tokens, err := s.oauth(p).Exchange(context.WithValue(ctx, oauth2.HTTPClient, s.d.HTTP), r.Code, oauth2.VerifierOption(under.CodeVerifier))
	if err != nil {
		return Member{}, exchangeError(err)
	}
	raw, ok := tokens.Extra("id_token").(string)
	if !ok {
		return Member{}, fmt.Errorf("%w: the token answer has no ID token", ErrRefused)
	}
	return s.identify(ctx, p, raw, tokens.AccessToken, under)
}

func (s *SignIn) oauth(p *provider) *oauth2.Config {
	return &oauth2.Config{
		ClientID: s.d.ClientID, ClientSecret: s.d.ClientSecret.Reveal(), RedirectURL: s.d.RedirectURL, Scopes: []string{oidc.ScopeOpenID},
		// Not AutoDetect: a failed request is not sent twice.
		Endpoint: oauth2.Endpoint{AuthURL: p.authorizeURL, TokenURL: p.tokenURL, AuthStyle: oauth2.AuthStyleInHeader},
	}
}

// exchangeError tells a used or expired code from a provider in trouble. What the
// provider wrote is not repeated.
func exchangeError(err error) error {
	var refused *oauth2.RetrieveError
	switch {
	case !errors.As(err, &refused):
		return fmt.Errorf("%w: exchange code: %w", ErrUnavailable, upstream.WithoutURL(err))
	case refused.ErrorCode == "invalid_grant":
		return fmt.Errorf("%w: exchange code: invalid_grant", ErrRefused)
	default:
		return fmt.Errorf("%w: exchange code: status %d", ErrUnavailable, refused.Response.StatusCode)
	}
}
