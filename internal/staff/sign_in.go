package staff

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/keys"
	"github.com/patient-care-aggregator/aggregator/internal/oidc"
	"github.com/patient-care-aggregator/aggregator/internal/staff/account"
)

// ErrRole says that the provider identified this person, but they do not have any role.
// The Member that is returned with it is the one who was refused.
var ErrRole = errors.New("staff member does not have a role")

// ErrSomebodyElse says that a sign-in without questions, which was to say that somebody is
// still there, brought another account. The Member is returned with it too.
var ErrSomebodyElse = errors.New("another staff account came back than the one that was signed in")

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
	RedirectURL  string            // exactly as registered with the provider
	RoleClaim    string            // of the ID token: a text, or a list of texts
	Roles        map[string][]Role // that the values of the claim give
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
	oidc      *oidc.RelyingParty
	ring      *keys.Ring
	roleClaim string
	roles     map[string][]Role
	acr       []string
	accounts  account.Store
}

// NewSignIn checks d. It sends the provider no request until the first sign-in.
func NewSignIn(d Deps) (*SignIn, error) {
	if d.RoleClaim == "" || len(d.Roles) == 0 || d.Accounts == nil {
		return nil, errors.New("new staff sign-in: the roles or the store of accounts is missing")
	}
	party, err := oidc.New(oidc.Config{
		Purpose: purpose, Issuer: d.Issuer, ClientID: d.ClientID, ClientSecret: d.ClientSecret, RedirectURL: d.RedirectURL,
		Scopes: []string{"openid"}, Algorithms: []string{"RS256", "ES256"}, RequirePKCE: true, PendingLife: pendingLife, AuthTimeOptional: len(d.ACR) == 0,
	}, d.RelyingParty)
	if err != nil {
		return nil, fmt.Errorf("new staff sign-in: %w", err)
	}
	return &SignIn{oidc: party, ring: d.RelyingParty.Ring, roleClaim: d.RoleClaim, roles: d.Roles, acr: d.ACR, accounts: d.Accounts}, nil
}

// Check asks the provider whether it knows this client. Errors: those of internal/oidc.
func (s *SignIn) Check(ctx context.Context) error {
	if err := s.oidc.Check(ctx); err != nil {
		return fmt.Errorf("check staff provider: %w", err)
	}
	return nil
}

// Begin starts a sign-in, for which the provider asks for the password: staff sign in
// after sign-out, after half an hour away, or once a day. Errors: those of internal/oidc.
func (s *SignIn) Begin(ctx context.Context) (oidc.Redirect, error) {
	return s.begin(ctx, oidc.Request{Prompt: "login", Extra: map[string]string{"max_age": "0"}})
}

// BeginAgain asks the provider, without questions to the person, whether a member is still
// signed in there, since their day here began, and which roles they have now. How long the
// day is, is counted here.
// Errors: those of internal/oidc.
func (s *SignIn) BeginAgain(ctx context.Context, current Session, now time.Time) (oidc.Redirect, error) {
	// They proved who they are before they were back here.
	age := now.Sub(current.SignedIn) + pendingLife
	return s.begin(ctx, oidc.Request{
		Prompt: "none", Renews: current.Member.Pseudonym, Extra: map[string]string{"max_age": strconv.Itoa(int(age / time.Second))},
	})
}

func (s *SignIn) begin(ctx context.Context, r oidc.Request) (oidc.Redirect, error) {
	if len(s.acr) > 0 {
		r.Extra["acr_values"] = strings.Join(s.acr, " ")
	}
	redirect, err := s.oidc.Begin(ctx, r)
	if err != nil {
		return oidc.Redirect{}, fmt.Errorf("begin staff sign-in: %w", err)
	}
	return redirect, nil
}

// Finish ends a sign-in. Errors: those of internal/oidc (ErrAskOpenly: the provider wants to
// ask the person, or the account got another pseudonym with another active key), and
// ErrRole, ErrWeakSignIn and ErrSomebodyElse, with which the Member is set too. again says
// that it was begun by BeginAgain.
func (s *SignIn) Finish(ctx context.Context, callback oidc.Callback) (m Member, again bool, err error) {
	result, err := s.oidc.Finish(ctx, callback)
	if err != nil {
		return Member{}, result.Renews != "", fmt.Errorf("finish staff sign-in: %w", err)
	}
	again = result.Renews != ""
	member, err := s.identify(result)
	if member.Pseudonym == "" {
		return member, again, err
	}
	if again && result.Renews != member.Pseudonym {
		err = errors.Join(s.notTheSame(result), err)
	}
	// A refused one is kept too: the log has their pseudonym. Whom nobody could name is
	// not let in.
	if noteErr := account.Note(ctx, s.accounts, s.ring, member.Pseudonym, account.Account{Issuer: result.Issuer, Subject: result.Subject}); noteErr != nil {
		return Member{}, again, fmt.Errorf("%w: %w", oidc.ErrUnavailable, noteErr)
	}
	return member, again, err
}
