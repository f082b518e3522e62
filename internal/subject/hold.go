package subject

import (
	"context"
	"fmt"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
)

// Holds places and lifts holds. All fields are required.
type Holds struct {
	Store audit.HoldStore
	Now   func() time.Time
	NewID func() string
}

// Place puts a citizen, or with an empty ref everything, under hold. The entry gets its
// reason and its ground.
func (h Holds) Place(ctx context.Context, ref citizen.Ref, why Ground, e audit.Entry) (audit.Hold, error) {
	hold := audit.Hold{ID: h.NewID(), Citizen: ref, Reason: why.String(), PlacedAt: h.Now()}
	if err := h.Store.PlaceHold(ctx, hold, why.On(named(e, hold.ID))); err != nil {
		return audit.Hold{}, fmt.Errorf("place hold: %w", err)
	}
	return hold, nil
}

// InForce returns the hold that covers a citizen, if there is one, as an error.
// It names the hold and not its reason, which is for the operators only.
func (h Holds) InForce(ctx context.Context, ref citizen.Ref) error {
	all, err := h.Store.Holds(ctx)
	if err != nil {
		return fmt.Errorf("read holds: %w", err)
	}
	for _, hold := range all {
		if hold.LiftedAt == nil && (hold.Citizen == "" || hold.Citizen == ref) {
			return fmt.Errorf("%w: hold %s, placed on %s", audit.ErrHeld, hold.ID, hold.PlacedAt.Format(time.DateOnly))
		}
	}
	return nil
}

// Lift ends a hold, or returns audit.ErrNoHold. The entry gets whom it is about, its reason
// and its ground.
func (h Holds) Lift(ctx context.Context, id string, why Ground, e audit.Entry) error {
	all, err := h.Store.Holds(ctx)
	if err != nil {
		return fmt.Errorf("lift hold: %w", err)
	}
	for _, hold := range all {
		if hold.ID != id || hold.LiftedAt != nil {
			continue
		}
		e.Citizen = hold.Citizen
		if err := h.Store.LiftHold(ctx, id, why.String(), h.Now(), why.On(named(e, id))); err != nil {
			return fmt.Errorf("lift hold: %w", err)
		}
		return nil
	}
	return fmt.Errorf("lift hold: %w", audit.ErrNoHold)
}

// named is an entry that names the hold.
func named(e audit.Entry, id string) audit.Entry {
	e.Reason = "hold " + id
	return e
}
