package staff

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/keys"
	"github.com/patient-care-aggregator/aggregator/internal/oidc"
)

// ErrRole says that the provider identified this person, but they do not have the role.
// The Member that is returned with it is the one who was refused.
var ErrRole = errors.New("staff member does not have the role")

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
	// RelyingParty is what internal/oidc needs. Its key ring hashes the pseudonyms.
	RelyingParty oidc.Deps
}

// SignIn signs staff in. It is safe for concurrent use.
type SignIn struct {
	oidc            *oidc.RelyingParty
	ring            *keys.Ring
	roleClaim, role string
}

// NewSignIn checks d. It sends the provider no request until the first sign-in.
func NewSignIn(d Deps) (*SignIn, error) {
	if d.RoleClaim == "" || d.Role == "" {
		return nil, errors.New("new staff sign-in: the role is missing")
	}
	party, err := oidc.New(oidc.Config{
		Purpose: purpose, Issuer: d.Issuer, ClientID: d.ClientID, ClientSecret: d.ClientSecret, RedirectURL: d.RedirectURL,
		Scopes: []string{"openid"}, Algorithms: []string{"RS256", "ES256"}, RequirePKCE: true, PendingLife: pendingLife,
	}, d.RelyingParty)
	if err != nil {
		return nil, fmt.Errorf("new staff sign-in: %w", err)
	}
	return &SignIn{oidc: party, ring: d.RelyingParty.Ring, roleClaim: d.RoleClaim, role: d.Role}, nil
}

// Begin starts a sign-in. Errors: those of internal/oidc.
func (s *SignIn) Begin(ctx context.Context) (oidc.Redirect, error) {
	redirect, err := s.oidc.Begin(ctx, oidc.Request{})
	if err != nil {
		return oidc.Redirect{}, fmt.Errorf("begin staff sign-in: %w", err)
	}
	return redirect, nil
}

// Finish ends a sign-in. Errors: those of internal/oidc, and ErrRole, with which
// the Member is set too.
func (s *SignIn) Finish(ctx context.Context, callback oidc.Callback) (Member, error) {
	result, err := s.oidc.Finish(ctx, callback)
	if err != nil {
		return Member{}, fmt.Errorf("finish staff sign-in: %w", err)
	}
	return s.identify(result)
}
