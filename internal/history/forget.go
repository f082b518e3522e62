package history

import (
	"context"
	"fmt"
	"slices"

	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/consent"
)

// Forget removes a citizen's history. When it returns nil the removal is durable,
// and no reading in progress brings anything back. Forgetting nothing is harmless.
func (k *Keeper) Forget(ctx context.Context, ref citizen.Ref) error {
	defer k.kept.Forget(ref)
	if err := k.d.Store.Remove(ctx, ref); err != nil {
		return fmt.Errorf("forget history: %w", err)
	}
	return nil
}

// ForgetUnwanted removes a citizen's history when no consent to any client covers
// it any more. Call it after a withdrawal is durable; RemoveExpired repairs what a
// crash interrupted.
func (k *Keeper) ForgetUnwanted(ctx context.Context, ref citizen.Ref) error {
	wanted, err := k.wanted(ctx, ref)
	if err != nil || wanted {
		return err
	}
	return k.Forget(ctx, ref)
}

// Reread drops what is kept in memory of one citizen, not what is stored. Call it when
// another process changed it in the store.
func (k *Keeper) Reread(ref citizen.Ref) { k.kept.Forget(ref) }

// ForgetAll drops what is kept in memory, not what is stored. Call it when another
// process wrote to the store.
func (k *Keeper) ForgetAll() { k.kept.ForgetAll() }

// wanted reports whether any consent that has not ended covers a history. One whose
// notice is outdated has not ended: nothing is added under it, but the citizen has
// not yet decided whether to continue.
func (k *Keeper) wanted(ctx context.Context, ref citizen.Ref) (bool, error) {
	all, err := k.d.Consents.List(ctx, ref)
	if err != nil {
		return false, fmt.Errorf("decide on history: %w", err)
	}
	return slices.ContainsFunc(all, func(c consent.Consent) bool {
		current := c.Status == consent.StatusActive || c.Status == consent.StatusNoticeOutdated
		return current && slices.Contains(c.Scopes, consent.HistoryStore)
	}), nil
}
