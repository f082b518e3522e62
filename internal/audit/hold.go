package audit

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/citizen"
)

// Errors of holds.
var (
	// ErrHeld says that a hold stands: what is asked for would destroy what
	// somebody (a court, an inquiry) told the service to keep. Lift the hold first.
	ErrHeld = errors.New("under hold")
	// ErrNoHold says that no standing hold has that id.
	ErrNoHold = errors.New("no such hold")
)

// Hold keeps entries, and the person behind a pseudonym, from being destroyed
// when their time is over.
type Hold struct {
	ID       string
	Citizen  citizen.Ref // empty: it covers the whole log and everybody
	Reason   string      // for the operators; it stays out of the log
	PlacedAt time.Time
	LiftedAt *time.Time // nil: it stands
}

// HoldStore keeps holds. Each change and its log entry are durable both or neither.
type HoldStore interface {
	PlaceHold(ctx context.Context, h Hold, e Entry) error
	// LiftHold ends a standing hold, or gives ErrNoHold and writes no entry.
	LiftHold(ctx context.Context, id string, at time.Time, e Entry) error
	// Holds gives all, lifted ones too, oldest first.
	Holds(ctx context.Context) ([]Hold, error)
}

// Holds places and lifts holds. All fields are required.
type Holds struct {
	Store HoldStore
	Now   func() time.Time
	NewID func() string
}

// Place puts a citizen, or with an empty ref everything, under hold.
func (h Holds) Place(ctx context.Context, ref citizen.Ref, reason string, by Actor) (Hold, error) {
	hold := Hold{ID: h.NewID(), Citizen: ref, Reason: reason, PlacedAt: h.Now()}
	if err := h.Store.PlaceHold(ctx, hold, holdEntry(HoldPlaced, hold.ID, ref, hold.PlacedAt, by)); err != nil {
		return Hold{}, fmt.Errorf("place hold: %w", err)
	}
	return hold, nil
}

// Lift ends a hold, or gives ErrNoHold.
func (h Holds) Lift(ctx context.Context, id string, by Actor) error {
	all, err := h.Store.Holds(ctx)
	if err != nil {
		return fmt.Errorf("lift hold: %w", err)
	}
	for _, hold := range all {
		if hold.ID != id || hold.LiftedAt != nil {
			continue
		}
		now := h.Now()
		if err := h.Store.LiftHold(ctx, id, now, holdEntry(HoldLifted, id, hold.Citizen, now, by)); err != nil {
			return fmt.Errorf("lift hold: %w", err)
		}
		return nil
	}
	return fmt.Errorf("lift hold: %w", ErrNoHold)
}

func holdEntry(k Kind, id string, ref citizen.Ref, at time.Time, by Actor) Entry {
	return Entry{Kind: k, At: at, Citizen: ref, Actor: by, Outcome: Succeeded, Purpose: "retention", Reason: "hold " + id}
}
