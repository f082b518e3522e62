package history

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/patient-care-aggregator/aggregator/internal/citizen"
)

// tidyPage is how many citizens Tidy looks at before it asks for more.
const tidyPage = 500

// Tidy goes through all histories once: it removes those that no consent covers
// any more, drops what is older than the retention, and seals anew what is under
// a key that is not the active one. It is to be called at start and once a day.
// What fails for one citizen is joined into the error and stops nothing.
func (k *Keeper) Tidy(ctx context.Context) error {
	var errs []error
	for after := citizen.Ref(""); ; {
		page, err := k.d.Store.Citizens(ctx, after, tidyPage)
		if err != nil {
			return errors.Join(append(errs, fmt.Errorf("tidy histories: %w", err))...)
		}
		if len(page) == 0 {
			return errors.Join(errs...)
		}
		for _, ref := range page {
			if err := k.tidy(ctx, ref); err != nil {
				errs = append(errs, fmt.Errorf("tidy history: %w", err))
			}
		}
		if err := ctx.Err(); err != nil {
			return errors.Join(append(errs, fmt.Errorf("tidy histories: %w", err))...)
		}
		after = page[len(page)-1]
	}
}

func (k *Keeper) tidy(ctx context.Context, ref citizen.Ref) error {
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
		return lost // the keys may come back: nothing is overwritten here
	}
	if next.Read.IsZero() {
		return k.Forget(ctx, ref)
	}
	err = k.write(ctx, ref, snapshot, next)
	if errors.Is(err, ErrConflict) || errors.Is(err, citizen.ErrNoSubject) {
		return nil // somebody wrote, or erased, just now
	}
	return err
}
