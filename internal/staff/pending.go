package staff

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"
)

// PendingLife is how long a person may take at the provider.
const PendingLife = 10 * time.Minute

const pendingKind = "staff-sign-in"

// pending is a sign-in under way.
type pending struct {
	Nonce        string `json:"nonce"`
	CodeVerifier string `json:"codeVerifier"`
	Binding      string `json:"binding"` // the browser's own secret
}

// keep seals a sign-in under way and gives the state that finds it again.
func (s *SignIn) keep(ctx context.Context, p pending) (state string, err error) {
	state = rand.Text()
	plain, err := json.Marshal(p)
	if err != nil {
		return "", fmt.Errorf("encode staff sign-in: %w", err)
	}
	hash := sha256.Sum256([]byte(state))
	box := s.d.Ring.Seal(pendingKind, plain, hash[:])
	if err := s.d.States.Put(ctx, pendingKind, hash, box, s.d.Now().Add(PendingLife)); err != nil {
		return "", fmt.Errorf("keep staff sign-in: %w", err)
	}
	return state, nil
}

// take gives the sign-in of a state, once; session.ErrNone when there is none.
func (s *SignIn) take(ctx context.Context, state string) (pending, error) {
	hash := sha256.Sum256([]byte(state))
	box, err := s.d.States.Take(ctx, pendingKind, hash, s.d.Now())
	if err != nil {
		return pending{}, fmt.Errorf("take staff sign-in: %w", err)
	}
	plain, err := s.d.Ring.Open(pendingKind, box, hash[:])
	if err != nil {
		return pending{}, fmt.Errorf("open staff sign-in: %w", err)
	}
	var p pending
	if err := json.Unmarshal(plain, &p); err != nil {
		return pending{}, fmt.Errorf("read staff sign-in: %w", err)
	}
	return p, nil
}
