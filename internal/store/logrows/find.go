package logrows

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
)

// Find implements audit.Finder. A list is followed from entry to entry, from its newest
// one backwards; anything else is looked for in the entries of the time.
func (l Reader) Find(ctx context.Context, f audit.Filter, after audit.Cursor, limit int) ([]audit.Record, error) {
	mixed := f.List == audit.Everybody || f.List == audit.Service // long: the oldest are not reached from behind
	if f.Seq == nil && f.List != (audit.ListID{}) && (f.NewestFirst || !mixed) {
		newest, known, err := l.EndOf(ctx, f.List)
		if err != nil {
			return nil, err
		}
		if known {
			return l.follow(ctx, f, newest, after, limit)
		}
	}
	return l.scan(ctx, f, after, limit)
}

// follow goes through a list, from its newest entry backwards.
func (l Reader) follow(ctx context.Context, f audit.Filter, newest int64, after audit.Cursor, limit int) ([]audit.Record, error) {
	var out []audit.Record
	given, begun := after.Seq()
	seq := newest
	if f.NewestFirst && begun {
		// A cursor can be of another list: then all newer ones are passed over.
		if r, found, err := l.Record(ctx, given); err != nil {
			return nil, err
		} else if found && r.Opening != nil && r.Opening.List == f.List {
			seq = r.Opening.Previous
		}
	}
	for seq >= 0 && (f.NewestFirst || !begun || seq > given) {
		r, found, err := l.Record(ctx, seq)
		if err != nil {
			return nil, err
		}
		if !found || r.Opening == nil { // what is older was removed as well
			break
		}
		e, err := r.Entry()
		if err != nil {
			return nil, err
		}
		if !f.Since.IsZero() && e.At.Before(f.Since) {
			break
		}
		if f.Matches(seq, e) && (!begun || !f.NewestFirst || seq < given) {
			out = append(out, r)
		}
		if f.NewestFirst && len(out) == limit {
			return out, nil
		}
		if r.Opening.Previous >= seq {
			return nil, fmt.Errorf("follow a list: entry %d names entry %d as the one before it", seq, r.Opening.Previous)
		}
		seq = r.Opening.Previous
	}
	if !f.NewestFirst {
		slices.Reverse(out)
	}
	return out[:min(limit, len(out))], nil
}

// scan goes through the entries of the filter's time.
func (l Reader) scan(ctx context.Context, f audit.Filter, after audit.Cursor, limit int) ([]audit.Record, error) {
	first, end, err := l.span(ctx, f.Since, f.Until)
	if err != nil || first >= end {
		return nil, err
	}
	if f.Seq != nil {
		first, end = max(first, *f.Seq), min(end, *f.Seq+1)
	}
	if given, begun := after.Seq(); begun {
		if f.NewestFirst {
			end = min(end, given)
		} else {
			first = max(first, given+1)
		}
	}
	if first >= end {
		return nil, nil
	}
	from := first
	if f.NewestFirst {
		from = end - 1
	}
	var out []audit.Record
	may := mayMatch(f)
	err = l.Each(ctx, from, f.NewestFirst, func(r Rows) (bool, error) {
		found, err := r.records(may)
		if err != nil {
			return false, err
		}
		if f.NewestFirst {
			slices.Reverse(found)
		}
		for _, record := range found {
			if record.Seq < first || record.Seq >= end || record.Leaf == nil {
				continue
			}
			e, err := record.Entry()
			if err != nil {
				return false, err
			}
			if f.Matches(record.Seq, e) && len(out) < limit {
				out = append(out, record)
			}
		}
		over := f.NewestFirst && r.First <= first || !f.NewestFirst && len(found) > 0 && found[len(found)-1].Seq >= end-1 || r.First >= end
		return len(out) < limit && !over, nil
	})
	return out, err
}

// span is the entries of a time: from first up to, but not including, end.
func (l Reader) span(ctx context.Context, since, until time.Time) (first, end int64, err error) {
	if end, err = l.Size(ctx); err != nil {
		return 0, 0, err
	}
	if !since.IsZero() {
		if first, err = l.Before(ctx, since); err != nil {
			return 0, 0, err
		}
	}
	if !until.IsZero() {
		if end, err = l.Before(ctx, until); err != nil {
			return 0, 0, err
		}
	}
	return first, end, nil
}

// Before is how many entries are older than a time. Times never go back in the log.
func (l Reader) Before(ctx context.Context, than time.Time) (int64, error) {
	size, err := l.Size(ctx)
	if err != nil {
		return 0, err
	}
	text := audit.LeafTime(than)
	row := int64(-1) // the last row whose first entry is older
	for low, high := int64(0), size-1; low <= high; {
		middle := low + (high-low)/2
		first, next, at, err := l.Begin(ctx, middle, size)
		if err != nil {
			return 0, fmt.Errorf("find the entries of a time: %w", err)
		}
		if at < text {
			row, low = first, next
		} else {
			high = first - 1
		}
	}
	if row < 0 {
		return 0, nil
	}
	count := row
	err = l.Each(ctx, row, false, func(r Rows) (bool, error) {
		found, err := r.records(nil)
		for _, record := range found {
			leaf, err := audit.Decode(record.Leaf)
			if err != nil {
				return false, err
			}
			if leaf.Open.At.Before(than) {
				count = record.Seq + 1
			}
		}
		return false, err
	})
	return count, err
}

// mayMatch rules out, by what is stored, most entries that a filter does not choose.
func mayMatch(f audit.Filter) func(leaf string, opening []byte) bool {
	member := func(name, value string) string {
		text, err := json.Marshal(value)
		if err != nil || value == "" {
			return ""
		}
		return `"` + name + `":` + string(text)
	}
	var kinds []string
	for _, k := range f.Kinds {
		kinds = append(kinds, member("kind", string(k)))
	}
	sort, _, _ := strings.Cut(string(f.Actor), ":")
	id := audit.StoredID(f.CorrelationID)
	all := []string{member("outcome", string(f.Outcome)), member("actor", sort)}
	return func(leaf string, opening []byte) bool {
		if len(kinds) > 0 && !slices.ContainsFunc(kinds, func(k string) bool { return strings.Contains(leaf, k) }) {
			return false
		}
		if f.List != (audit.ListID{}) && !bytes.HasPrefix(opening, f.List[:]) {
			return false
		}
		return !slices.ContainsFunc(all, func(part string) bool { return !strings.Contains(leaf, part) }) &&
			(f.Consent == "" || bytes.Contains(opening, []byte(f.Consent))) &&
			(f.Act == "" || bytes.Contains(opening, []byte(f.Act))) &&
			(f.CorrelationID == "" || bytes.HasSuffix(opening, id))
	}
}
