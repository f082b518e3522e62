package nhslogin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/jose"
	"github.com/patient-care-aggregator/aggregator/internal/oidc"
)

// VectorsOfTrust are the vectors that this service requests and accepts (RFC 8485): identity
// proved to P9 and two factors. e-RS Patient Care refuses all others.
func VectorsOfTrust() []string { return []string{"P9.Cp.Cd", "P9.Cp.Ck", "P9.Cm"} }

// pendingLife is how long a citizen may take. NHS login's code is valid for 10 minutes
// once it is issued, but a citizen who has to register first takes longer.
const pendingLife = time.Hour

// The purpose under which pending sign-ins are sealed and kept.
const purpose = "sign-in"

// Deps are what a Client needs; all are required.
type Deps struct {
	Issuer      string // as registered, without a trailing slash
	ClientID    string
	RedirectURL string // exactly as registered with NHS login
	Keys        *jose.Keys
	NewID       func() string // a new UUID
	// RelyingParty is what internal/oidc needs.
	RelyingParty oidc.Deps
}

// Client signs citizens in. It is safe for concurrent use.
type Client struct {
	oidc   *oidc.RelyingParty
	now    func() time.Time
	london *time.Location
}

// New makes a client. It sends NHS login no request until the first sign-in.
func New(d Deps) (*Client, error) {
	if d.Keys == nil || d.NewID == nil {
		return nil, errors.New("new NHS login client: a dependency is missing")
	}
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		return nil, fmt.Errorf("load time zone: %w", err)
	}
	party, err := oidc.New(oidc.Config{
		Purpose: purpose, Issuer: d.Issuer, ClientID: d.ClientID, RedirectURL: d.RedirectURL,
		Scopes: []string{"openid", "profile"}, Algorithms: []string{"RS512"}, PendingLife: pendingLife,
		ClientAssertion: func(tokenURL string) (string, error) {
			return d.Keys.ClientAssertion(d.ClientID, tokenURL, d.NewID(), d.RelyingParty.Now())
		},
	}, d.RelyingParty)
	if err != nil {
		return nil, fmt.Errorf("new NHS login client: %w", err)
	}
	return &Client{oidc: party, now: d.RelyingParty.Now, london: london}, nil
}

// Check asks NHS login whether it knows this client. Errors: those of internal/oidc.
func (c *Client) Check(ctx context.Context) error {
	if err := c.oidc.Check(ctx); err != nil {
		return fmt.Errorf("check NHS login: %w", err)
	}
	return nil
}

// Request is what a sign-in begins with.
type Request struct {
	Prompt   string      // "", "none" or "login"
	ReturnTo string      // where the citizen goes afterwards
	Renews   citizen.Ref // who is signed in already; empty when nobody is
}

// Begin starts a sign-in. Errors: those of internal/oidc.
func (c *Client) Begin(ctx context.Context, r Request) (oidc.Redirect, error) {
	vectors, err := json.Marshal(VectorsOfTrust())
	if err != nil {
		return oidc.Redirect{}, fmt.Errorf("encode vectors of trust: %w", err)
	}
	redirect, err := c.oidc.Begin(ctx, oidc.Request{
		Prompt: r.Prompt, ReturnTo: r.ReturnTo, Renews: string(r.Renews), Extra: map[string]string{"vtr": string(vectors)},
	})
	if err != nil {
		return oidc.Redirect{}, fmt.Errorf("begin NHS login: %w", err)
	}
	return redirect, nil
}

// Finish ends a sign-in. The Request that began it comes with an error too, once the
// sign-in was found. Errors: those of internal/oidc and of this package.
func (c *Client) Finish(ctx context.Context, callback oidc.Callback) (who Identity, begun Request, err error) {
	result, err := c.oidc.Finish(ctx, callback)
	begun = Request{Prompt: result.Prompt, ReturnTo: result.ReturnTo, Renews: citizen.Ref(result.Renews)}
	if refusal := (*oidc.Refusal)(nil); errors.As(err, &refusal) && refusal.Denied("ConsentNotGiven") {
		return Identity{}, begun, ErrSharingDeclined
	}
	if err != nil {
		return Identity{}, begun, fmt.Errorf("finish NHS login: %w", err)
	}
	who, err = c.identify(result)
	return who, begun, err
}
