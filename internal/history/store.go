package history

import (
	"context"
	"fmt"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
)

// ErrConflict says that another step changed the same citizen's history in the
// meantime, or that the history was removed. The caller reads it and compares again.
// It is a guard error (audit.IsGuardError): the log works.
var ErrConflict = fmt.Errorf("the citizen's history changed in the meantime: %w", audit.ErrOvertaken)

// Row is what is stored of one referral, sealed. The row of the empty referral
// is about the history as a whole.
type Row struct {
	Referral string // opaque id
	KeyID    string // of the key that it is sealed under
	Sealed   []byte
}

// Snapshot is a citizen's history as it is stored.
type Snapshot struct {
	// Revision counts the steps and removals; 0 when there never was one.
	Revision int64
	Rows     []Row // in the order of Referral
}

// Step is one change of a citizen's history.
type Step struct {
	Expected int64    // the Revision that the step starts from
	Put      []Row    // rows to write; they replace older ones of the same referral
	Drop     []string // referrals whose rows are removed
}

// Store keeps histories.
type Store interface {
	// Observations returns a citizen's history; for a citizen who has none or is
	// unknown, the zero Snapshot or one without rows.
	Observations(ctx context.Context, ref citizen.Ref) (Snapshot, error)
	// Append writes log entries as audit.Appender does, and in the same transaction the
	// step that goes with them: after success both are durable, after any error neither
	// is, unless it is audit.ErrOutcomeUnknown, and then both are or neither. The guard
	// is judged first, and MUST be about that citizen. Errors: those of audit.Appender
	// (ErrInvalidEntry also for a guard about nobody or somebody else), and ErrConflict
	// when the Revision is not s.Expected.
	Append(ctx context.Context, g audit.Guard, ref citizen.Ref, s Step, entries ...audit.Entry) (audit.Written, error)
	// Record writes one step that shows nothing to anybody, such as the removal of what
	// is too old: as a whole or not at all, durably. It raises the Revision by one. When
	// the Revision is not s.Expected, nothing is written and ErrConflict is returned; for
	// an erased citizen it is citizen.ErrNoSubject.
	Record(ctx context.Context, ref citizen.Ref, s Step) error
	// Remove durably removes all of a citizen's rows, so that no file contains
	// their bytes any more, and raises the Revision. Removing nothing is not an
	// error; a step from the Revision before MUST conflict even then.
	Remove(ctx context.Context, ref citizen.Ref) error
	// Citizens returns at most limit citizens who have rows, in the order of their
	// pseudonyms, beginning after the pseudonym after.
	Citizens(ctx context.Context, after citizen.Ref, limit int) ([]citizen.Ref, error)
}
