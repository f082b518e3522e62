package audit

import (
	"context"
	"errors"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/citizen"
)

// Errors of holds.
var (
	// ErrHeld says that a hold is in force: what is asked for would destroy what
	// somebody (a court, an inquiry) told the service to keep. Lift the hold first.
	ErrHeld = errors.New("under hold")
	// ErrNoHold says that no hold in force has that id.
	ErrNoHold = errors.New("no such hold")
)

// Hold keeps entries, and the person behind a pseudonym, from being destroyed
// when their time is over.
type Hold struct {
	ID       string
	Citizen  citizen.Ref // empty: it covers the whole log and everybody
	Reason   string      // for the operators; it stays out of the log
	PlacedAt time.Time
	LiftedAt *time.Time // nil: it is in force
	// LiftReason is why it was lifted, for the operators; empty while it is in force.
	LiftReason string
}

// HoldStore keeps holds. Each change and its log entry are durable both or neither.
type HoldStore interface {
	PlaceHold(ctx context.Context, h Hold, e Entry) error
	// LiftHold ends a hold that is in force and keeps why, or returns ErrNoHold and
	// writes no entry.
	LiftHold(ctx context.Context, id, why string, at time.Time, e Entry) error
	// Holds returns all holds, including lifted ones, oldest first.
	Holds(ctx context.Context) ([]Hold, error)
}
