package logrows

import (
	"context"
	"fmt"
	"slices"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
)

// Erasure removes what opens the entries of one list.
type Erasure struct {
	seqs []int64 // ascending
}

// Find follows a list from its newest entry to its beginning, or to where retention has
// been.
func (e *Erasure) Find(ctx context.Context, log Reader, list audit.ListID, newest int64) (audit.Removed, error) {
	var found audit.Removed
	for seq := newest; seq >= 0; {
		r, known, err := log.Record(ctx, seq)
		if err != nil {
			return found, err
		}
		if !known || r.Opening == nil {
			break
		}
		if r.Opening.List != list || r.Opening.Previous >= seq {
			return found, fmt.Errorf("follow a list: entry %d is not in its place", seq)
		}
		e.seqs = append(e.seqs, seq)
		seq = r.Opening.Previous
	}
	slices.Reverse(e.seqs)
	for _, seq := range e.seqs {
		found.Add(seq)
	}
	return found, nil
}

// Remove puts the number of the erasure in the place of each opening, and has changed rows
// saved.
func (e *Erasure) Remove(ctx context.Context, from OpeningsSource, by int64, save func(first int64, openings []byte) error) error {
	for i := 0; i < len(e.seqs); {
		first, openings, err := OpeningsOf(ctx, from, e.seqs[i])
		if err != nil {
			return err
		}
		for ; i < len(e.seqs) && e.seqs[i]-first < int64(len(openings)); i++ {
			openings[e.seqs[i]-first] = audit.StoredErasure(by)
		}
		if err := save(first, JoinOpenings(openings)); err != nil {
			return fmt.Errorf("remove openings from entry %d: %w", first, err)
		}
	}
	return nil
}
