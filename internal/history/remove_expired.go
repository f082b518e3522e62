package history

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/patient-care-aggregator/aggregator/internal/citizen"
)

// expiryPage is how many citizens RemoveExpired looks at before it asks for more.
const expiryPage = 500

// RemoveExpired goes through all histories once. It removes those that no consent
// covers any more, drops what is older than the retention, and seals again what is
// sealed under a key that is not the active one. Call it at start and once a day.
// A failure for one citizen is joined into the error and does not stop the others.
func (k *Keeper) RemoveExpired(ctx context.Context) error {
	var errs []error
	for after := citizen.Ref(""); ; {
		page, err := k.d.Store.Citizens(ctx, after, expiryPage)
		if err != nil {
			return errors.Join(append(errs, fmt.Errorf("remove expired history: %w", err))...)
		}
		if len(page) == 0 {
			return errors.Join(errs...)
		}
		for _, ref := range page {
			if err := k.removeExpired(ctx, ref); err != nil {
				errs = append(errs, fmt.Errorf("remove expired history: %w", err))
			}
		}
		if err := ctx.Err(); err != nil {
			return errors.Join(append(errs, fmt.Errorf("remove expired history: %w", err))...)
		}
		after = page[len(page)-1]
	}
}

func (k *Keeper) removeExpired(ctx context.Context, ref citizen.Ref) error {
	snapshot, err := k.d.Store.Observations(ctx, ref)
	if err != nil {
		return fmt.Errorf("read history: %w", err)
	}
	wanted, err := k.wanted(ctx, ref)
	if err != nil {
		return err
	}
	if !wanted {
		return k.Forget(ctx, ref)
	}
	h, lost := k.sealer.history(ref, snapshot)
	next, pruned := h.pruned(k.d.Limits, k.d.Now())
	oldKey := slices.ContainsFunc(snapshot.Rows, func(r Row) bool { return r.KeyID != k.d.Ring.ActiveID() })
	if lost != nil || !pruned && !oldKey {
		return lost // the keys may be restored: nothing is overwritten here
	}
	if next.Read.IsZero() {
		return k.Forget(ctx, ref)
	}
	err = k.write(ctx, ref, snapshot, next)
	if errors.Is(err, ErrConflict) || errors.Is(err, citizen.ErrNoSubject) {
		return nil // a request or an erasure was faster
	}
	return err
}
