package session

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/keys"
)

// Pending is a sign-in under way: what must be remembered between sending the
// citizen to NHS login and their return (OpenID Connect Core 1.0, 3.1.2.1).
type Pending struct {
	Nonce        string    `json:"nonce"`
	CodeVerifier string    `json:"codeVerifier,omitempty"` // RFC 7636; empty when the provider has no PKCE
	FreshSince   time.Time `json:"freshSince"`             // set for prompt=login
	Silent       bool      `json:"silent,omitempty"`       // tried with prompt=none: may go on in the open
	ReturnTo     string    `json:"returnTo"`               // a path of ours
	Binding      string    `json:"binding"`                // the browser's own secret, so that nobody finishes another's sign-in
}

// PendingLife is how long a citizen may take to sign in. NHS login's code lives
// 10 minutes once it is issued; registering can take longer than signing in.
const PendingLife = time.Hour

const pendingKind = "sign-in"

// SignIns keeps sign-ins under way, each for one return.
type SignIns struct {
	Store OneTimeStore
	Ring  *keys.Ring
	Now   func() time.Time
}

// Begin keeps p and gives the state parameter that finds it again.
func (s *SignIns) Begin(ctx context.Context, p Pending) (state string, err error) {
	state = rand.Text()
	plain, err := json.Marshal(p)
	if err != nil {
		return "", fmt.Errorf("encode sign-in: %w", err)
	}
	hash := sha256.Sum256([]byte(state))
	box := s.Ring.Seal(pendingKind, plain, hash[:])
	if err := s.Store.Put(ctx, pendingKind, hash, box, s.Now().Add(PendingLife)); err != nil {
		return "", fmt.Errorf("keep sign-in: %w", err)
	}
	return state, nil
}

// Finish takes the sign-in of that state, once; ErrNone when there is none (any more).
func (s *SignIns) Finish(ctx context.Context, state string) (Pending, error) {
	hash := sha256.Sum256([]byte(state))
	box, err := s.Store.Take(ctx, pendingKind, hash, s.Now())
	if err != nil {
		return Pending{}, fmt.Errorf("take sign-in: %w", err)
	}
	plain, err := s.Ring.Open(pendingKind, box, hash[:])
	if err != nil {
		return Pending{}, fmt.Errorf("open sign-in: %w", err)
	}
	var p Pending
	if err := json.Unmarshal(plain, &p); err != nil {
		return Pending{}, fmt.Errorf("read sign-in: %w", err)
	}
	return p, nil
}

// Tidy forgets sign-ins that nobody finished.
func (s *SignIns) Tidy(ctx context.Context) error {
	if _, err := s.Store.RemoveExpired(ctx, s.Now()); err != nil {
		return fmt.Errorf("forget unfinished sign-ins: %w", err)
	}
	return nil
}
