package staff

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/keys"
	"github.com/patient-care-aggregator/aggregator/internal/oidc"
	"github.com/patient-care-aggregator/aggregator/internal/staff/account"
)

// ErrRole says that the provider identified this person, but they do not have the role.
// The Member that is returned with it is the one who was refused.
var ErrRole = errors.New("staff member does not have the role")

// ErrWeakSignIn says that the person signed in, but not as strongly as is demanded. The
// Member is returned with it too.
var ErrWeakSignIn = errors.New("staff member signed in too weakly")

// pendingLife is how long a person may take at the provider.
const pendingLife = 10 * time.Minute

// The purpose under which pending sign-ins are sealed and kept.
const purpose = "staff-sign-in"

// Deps are what a SignIn needs; all are required.
type Deps struct {
	Issuer       string // as the provider names itself, without a trailing slash
	ClientID     string
	ClientSecret keys.Secret
	RedirectURL  string // exactly as registered with the provider
	RoleClaim    string // of the ID token: a text, or a list of texts
	Role         string // that a person has to have
	// ACR are the strengths of sign-in of which one is demanded (acr of OpenID Connect
	// Core 1.0, 2), with a fresh auth_time. Empty: the provider decides.
	ACR []string
	// RelyingParty is what internal/oidc needs. Its key ring hashes the pseudonyms.
	RelyingParty oidc.Deps
	// Accounts keep whom each pseudonym stands for, so that somebody who looked where
	// they should not can be named.
	Accounts account.Store
}

// SignIn signs staff in. It is safe for concurrent use.
type SignIn struct {
	oidc            *oidc.RelyingParty
	ring            *keys.Ring
	roleClaim, role string
	acr             []string
	accounts        account.Store
}

// NewSignIn checks d. It sends the provider no request until the first sign-in.
func NewSignIn(d Deps) (*SignIn, error) {
	if d.RoleClaim == "" || d.Role == "" || d.Accounts == nil {
		return nil, errors.New("new staff sign-in: the role or the store of accounts is missing")
	}
	party, err := oidc.New(oidc.Config{
		Purpose: purpose, Issuer: d.Issuer, ClientID: d.ClientID, ClientSecret: d.ClientSecret, RedirectURL: d.RedirectURL,
		Scopes: []string{"openid"}, Algorithms: []string{"RS256", "ES256"}, RequirePKCE: true, PendingLife: pendingLife, AuthTimeOptional: len(d.ACR) == 0,
	}, d.RelyingParty)
	if err != nil {
		return nil, fmt.Errorf("new staff sign-in: %w", err)
	}
	return &SignIn{oidc: party, ring: d.RelyingParty.Ring, roleClaim: d.RoleClaim, role: d.Role, acr: d.ACR, accounts: d.Accounts}, nil
}

// Check asks the provider whether it knows this client. Errors: those of internal/oidc.
func (s *SignIn) Check(ctx context.Context) error {
	if err := s.oidc.Check(ctx); err != nil {
		return fmt.Errorf("check staff provider: %w", err)
	}
	return nil
}

// Begin starts a sign-in. The provider asks for the password each time: staff sign in
// after sign-out, after half an hour away, or once a day. Errors: those of internal/oidc.
func (s *SignIn) Begin(ctx context.Context) (oidc.Redirect, error) {
	r := oidc.Request{Prompt: "login", Extra: map[string]string{"max_age": "0"}}
	if len(s.acr) > 0 {
		r.Extra["acr_values"] = strings.Join(s.acr, " ")
	}
	redirect, err := s.oidc.Begin(ctx, r)
	if err != nil {
		return oidc.Redirect{}, fmt.Errorf("begin staff sign-in: %w", err)
	}
	return redirect, nil
}

// Finish ends a sign-in. Errors: those of internal/oidc, and ErrRole and ErrWeakSignIn, with which
// the Member is set too.
func (s *SignIn) Finish(ctx context.Context, callback oidc.Callback) (Member, error) {
	result, err := s.oidc.Finish(ctx, callback)
	if err != nil {
		return Member{}, fmt.Errorf("finish staff sign-in: %w", err)
	}
	member, err := s.identify(result)
	if member.Pseudonym == "" {
		return member, err
	}
	// A refused one is kept too: the log has their pseudonym. Whom nobody could name is
	// not let in.
	if noteErr := account.Note(ctx, s.accounts, s.ring, member.Pseudonym, account.Account{Issuer: result.Issuer, Subject: result.Subject}); noteErr != nil {
		return Member{}, fmt.Errorf("%w: %w", oidc.ErrUnavailable, noteErr)
	}
	return member, err
}
