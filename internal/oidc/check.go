package oidc

import (
	"context"
	"errors"
	"fmt"

	"github.com/patient-care-aggregator/aggregator/internal/keys"
)

// Check asks the provider, before anybody signs in, for its documents, and its token
// endpoint whether it knows this client: of a request with a code that nobody was given
// it must refuse the code, and not the client. The error says what was refused.
func (rp *RelyingParty) Check(ctx context.Context) error {
	p, err := rp.discovery.get(ctx)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	if _, err := p.keys.keys.get(ctx); err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	verifier := ""
	if rp.c.RequirePKCE || p.pkce {
		verifier = keys.RandomText(rp.d.Random) + keys.RandomText(rp.d.Random)
	}
	switch _, err := rp.exchange(ctx, p, keys.RandomText(rp.d.Random), verifier); {
	case err == nil:
		return errors.New("the provider gave tokens for a code that nobody was given")
	case errors.Is(err, ErrExpired):
		return nil
	default:
		return err
	}
}
