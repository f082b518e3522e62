package oidc

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/keys"
	"github.com/patient-care-aggregator/aggregator/internal/session"
)

// Store keeps pending sign-ins, each for one return (session.OneTimeStore).
type Store interface {
	Put(ctx context.Context, kind string, hash [32]byte, value []byte, expiresAt time.Time) error
	// Take is atomic; session.ErrNone when the value is absent, used or expired.
	Take(ctx context.Context, kind string, hash [32]byte, now time.Time) ([]byte, error)
}

// pending is a sign-in in progress: what must be remembered between sending the
// browser to the provider and its return. There is one for each state, so that
// several tabs of one browser can sign in at the same time.
type pending struct {
	Nonce        string    `json:"nonce"`
	CodeVerifier string    `json:"codeVerifier,omitempty"` // RFC 7636; empty when no challenge was sent
	FreshSince   time.Time `json:"freshSince"`             // when a sign-in with prompt=login began; otherwise zero
	Prompt       string    `json:"prompt,omitempty"`
	ReturnTo     string    `json:"returnTo,omitempty"`
	Renews       string    `json:"renews,omitempty"`
	Binding      string    `json:"binding"` // the browser's own secret
	// ExpiresAt is sealed too, because the store's own column is not.
	ExpiresAt time.Time `json:"expiresAt"`
}

// NameOfState is a short public name for a state, for the cookie that holds its
// binding. It does not reveal the state.
func NameOfState(state string) string {
	const bytes = 10
	hash := sha256.Sum256([]byte("name of state\x00" + state))
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(hash[:bytes])
}

// keep seals a pending sign-in and returns the state that finds it again.
func (rp *RelyingParty) keep(ctx context.Context, p pending) (state string, err error) {
	state = keys.RandomText(rp.d.Random)
	p.ExpiresAt = rp.d.Now().Add(rp.c.PendingLife)
	plain, err := json.Marshal(p)
	if err != nil {
		return "", fmt.Errorf("encode sign-in: %w", err)
	}
	hash := sha256.Sum256([]byte(state))
	box := rp.d.Ring.Seal(rp.c.Purpose, plain, hash[:])
	if err := rp.d.Store.Put(ctx, rp.c.Purpose, hash, box, p.ExpiresAt); err != nil {
		return "", fmt.Errorf("keep sign-in: %w", err)
	}
	return state, nil
}

// take returns the pending sign-in of a state, once and only to the browser that
// began it. A state that another browser brings is used up: it is known to
// somebody who should not know it. Errors: ErrExpired and
// ErrInvalid, both with ErrNotBegunHere, or the store's.
func (rp *RelyingParty) take(ctx context.Context, state, binding string) (pending, error) {
	hash := sha256.Sum256([]byte(state))
	box, err := rp.d.Store.Take(ctx, rp.c.Purpose, hash, rp.d.Now())
	switch {
	case errors.Is(err, session.ErrNone):
		return pending{}, fmt.Errorf("%w: %w: its state is unknown, used or too old", ErrExpired, ErrNotBegunHere)
	case err != nil:
		return pending{}, fmt.Errorf("take sign-in: %w", err)
	}
	plain, err := rp.d.Ring.Open(rp.c.Purpose, box, hash[:])
	if err != nil {
		return pending{}, fmt.Errorf("open sign-in: %w", err)
	}
	var p pending
	if err := json.Unmarshal(plain, &p); err != nil {
		return pending{}, fmt.Errorf("read sign-in: %w", err)
	}
	if !rp.d.Now().Before(p.ExpiresAt) {
		return pending{}, fmt.Errorf("%w: %w: it is older than its store says", ErrExpired, ErrNotBegunHere)
	}
	if p.Binding == "" || subtle.ConstantTimeCompare([]byte(binding), []byte(p.Binding)) != 1 {
		return p, fmt.Errorf("%w: %w: it began in another browser", ErrInvalid, ErrNotBegunHere)
	}
	return p, nil
}
