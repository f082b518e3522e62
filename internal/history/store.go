package history

import (
	"context"
	"errors"

	"github.com/patient-care-aggregator/aggregator/internal/citizen"
)

// ErrConflict says that another step on the same citizen's history came between,
// or that the history was removed. The caller reads again and compares anew.
var ErrConflict = errors.New("history changed meanwhile")

// Row is what is stored of one referral, sealed. The row of the empty referral
// is about the history as a whole.
type Row struct {
	Referral string // opaque id
	KeyID    string // of the key that it is sealed under
	Sealed   []byte
}

// Snapshot is a citizen's history as it is stored.
type Snapshot struct {
	// Revision counts the steps and removals; 0: there never was one.
	Revision int64
	Rows     []Row // in the order of Referral
}

// Step is one change of a citizen's history.
type Step struct {
	Expected int64    // the Revision that it is a step from
	Put      []Row    // rows to write, in place of older ones of the same referral
	Drop     []string // referrals whose rows go
}

// Store keeps histories.
type Store interface {
	// Observations gives a citizen's history; of somebody without one, or unknown,
	// the zero Snapshot or one without rows.
	Observations(ctx context.Context, ref citizen.Ref) (Snapshot, error)
	// Record takes one step, as a whole or not at all, durably, and raises the
	// Revision by one. When the Revision is not s.Expected nothing is written and
	// ErrConflict comes back; for somebody erased it is citizen.ErrNoSubject.
	Record(ctx context.Context, ref citizen.Ref, s Step) error
	// Remove durably removes all of a citizen's rows, so that their bytes are in
	// no file any more, and raises the Revision. Nothing to remove is no error;
	// a step from the Revision before MUST conflict even then.
	Remove(ctx context.Context, ref citizen.Ref) error
	// Citizens gives those who have rows, in the order of their pseudonyms, from
	// behind after and at most limit of them.
	Citizens(ctx context.Context, after citizen.Ref, limit int) ([]citizen.Ref, error)
}
