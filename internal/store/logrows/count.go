package logrows

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
)

// Count implements audit.Statistician. Leaves say all that is counted, so nothing is
// missing once retention has removed what opens them.
func (l Reader) Count(ctx context.Context, since, until time.Time) ([]audit.Count, error) {
	first, end, err := l.span(ctx, since, until)
	if err != nil {
		return nil, fmt.Errorf("count log entries: %w", err)
	}
	counts := map[audit.Count]int64{}
	err = l.Each(ctx, first, false, func(r Rows) (bool, error) {
		found, err := r.records(nil)
		for _, record := range found {
			if record.Seq < first || record.Seq >= end {
				continue
			}
			leaf, err := audit.Decode(record.Leaf)
			if err != nil {
				return false, fmt.Errorf("entry %d: %w", record.Seq, err)
			}
			e := leaf.Open
			counts[audit.Count{Day: e.At.UTC().Format(time.DateOnly), Kind: e.Kind, Outcome: e.Outcome, Client: e.Client}]++
		}
		return r.First < end, err
	})
	if err != nil {
		return nil, fmt.Errorf("count log entries: %w", err)
	}
	var out []audit.Count
	for c, n := range counts {
		c.Entries = n
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b audit.Count) int {
		return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Outcome, b.Outcome), cmp.Compare(a.Client, b.Client))
	})
	return out, nil
}
