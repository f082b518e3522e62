package history

import (
	"context"
	"errors"
	"fmt"

	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/keys"
)

// Reseal moves every stored row to the active key and returns how many it moved. A
// history that changes meanwhile is read again. A row that cannot be opened ends it
// with the reason; it can be run again.
func Reseal(ctx context.Context, store Store, ring *keys.Ring) (moved int, err error) {
	const batch = 200
	var after citizen.Ref
	for {
		refs, err := store.Citizens(ctx, after, batch)
		if err != nil {
			return moved, fmt.Errorf("reseal histories: %w", err)
		}
		for _, ref := range refs {
			n, err := resealOne(ctx, store, ring, ref)
			if err != nil {
				return moved, fmt.Errorf("reseal the history of %s: %w", ref, err)
			}
			moved, after = moved+n, ref
		}
		if len(refs) < batch {
			return moved, nil
		}
	}
}

func resealOne(ctx context.Context, store Store, ring *keys.Ring, ref citizen.Ref) (int, error) {
	const tries = 5
	var failed error
	for range tries {
		snapshot, err := store.Observations(ctx, ref)
		if err != nil {
			return 0, err
		}
		step := Step{Expected: snapshot.Revision}
		for _, row := range snapshot.Rows {
			if row.KeyID == ring.ActiveID() {
				continue
			}
			plain, err := ring.Open(sealPurpose, row.Sealed, bound(ref, row.Referral))
			if err != nil {
				return 0, err
			}
			row.KeyID, row.Sealed = ring.ActiveID(), ring.Seal(sealPurpose, plain, bound(ref, row.Referral))
			step.Put = append(step.Put, row)
		}
		if len(step.Put) == 0 {
			return 0, nil
		}
		switch failed = store.Record(ctx, ref, step); {
		case failed == nil:
			return len(step.Put), nil
		case errors.Is(failed, citizen.ErrNoSubject):
			return 0, nil // erased meanwhile
		case !errors.Is(failed, ErrConflict):
			return 0, failed
		}
	}
	return 0, failed
}
