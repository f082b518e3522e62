package logrows

import (
	"context"
	"fmt"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
)

// Removal is what retention does to openings: it goes through them from where it came
// last time, and removes something of each that is not under hold.
type Removal struct {
	What string // under which name the store keeps how far it has gone
	// reduce returns what stays of an opening; false: nothing is to be removed.
	reduce func(opening []byte) ([]byte, bool, error)
}

// Correlations removes correlation ids.
func Correlations() Removal {
	return Removal{"correlations", func(opening []byte) ([]byte, bool, error) {
		var o audit.Opening
		if err := o.UnmarshalBinary(opening); err != nil || o.Correlation == nil {
			return nil, false, err
		}
		o.Correlation = nil
		rest, err := o.AppendBinary(nil)
		return rest, true, err
	}}
}

// WholeOpenings removes openings.
func WholeOpenings() Removal {
	return Removal{"openings", func([]byte) ([]byte, bool, error) { return nil, true, nil }}
}

// OpeningsSource reads rows of openings.
type OpeningsSource interface {
	// OpeningsRow is the row that has the opening of an entry, and the entry that the row
	// begins with.
	OpeningsRow(ctx context.Context, seq int64) (first int64, openings []byte, err error)
}

// Run removes at most limit times, of the entries from next up to but not including end,
// and returns how many times it did and where it stopped. save stores changed openings;
// nil: nothing is changed.
func (r Removal) Run(ctx context.Context, from OpeningsSource, held Held, next, end int64, limit int, save func(first int64, openings []byte) error) (removed int, stopped int64, err error) {
	for next < end && removed < limit {
		first, openings, err := OpeningsOf(ctx, from, next)
		if err != nil {
			return removed, next, err
		}
		before := removed
		for i := int(next - first); i < len(openings) && next < end && removed < limit; i++ {
			next++
			if len(openings[i]) == 0 || audit.ErasedBy(openings[i]) > 0 || held.covers(openings[i]) {
				continue
			}
			rest, some, err := r.reduce(openings[i])
			if err != nil {
				return removed, next, fmt.Errorf("entry %d: %w", next-1, err)
			}
			if some {
				openings[i] = rest
				removed++
			}
		}
		if save != nil && removed > before {
			if err := save(first, JoinOpenings(openings)); err != nil {
				return removed, next, err
			}
		}
	}
	return removed, next, nil
}

// OpeningsOf are the openings of the row that has the one of an entry, and where the row
// begins.
func OpeningsOf(ctx context.Context, from OpeningsSource, seq int64) (first int64, openings [][]byte, err error) {
	first, blob, err := from.OpeningsRow(ctx, seq)
	if err == nil {
		openings, err = SplitOpenings(blob)
	}
	if err == nil && seq-first >= int64(len(openings)) {
		err = audit.ErrNotOpening
	}
	if err != nil {
		return 0, nil, fmt.Errorf("read the openings of entry %d: %w", seq, err)
	}
	return first, openings, nil
}

// Held are the lists under hold.
type Held struct {
	Everything bool
	Lists      map[audit.ListID]bool
}

// covers reports whether an opening is under hold: it begins with its list.
func (h Held) covers(opening []byte) bool {
	return h.Everything || len(opening) >= len(audit.ListID{}) && h.Lists[audit.ListID(opening[:len(audit.ListID{})])]
}
