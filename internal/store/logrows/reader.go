package logrows

import (
	"context"
	"fmt"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
)

// Source reads the rows of a log.
type Source interface {
	// Size is the number of entries.
	Size(ctx context.Context) (int64, error)
	// Row returns leaves and openings of the row that holds an entry; false: it is not there.
	Row(ctx context.Context, seq int64) (Rows, bool, error)
	// Each goes through the rows from the one that holds an entry, until do returns false.
	// Forwards, a row that has lost its fellows is found too.
	Each(ctx context.Context, from int64, backwards bool, do func(Rows) (bool, error)) error
	// Begin returns the first entry of the row that holds an entry, the time of that first
	// entry (audit.LeafTime), and the first entry of the next row, or else size.
	Begin(ctx context.Context, seq, size int64) (first, next int64, at string, err error)
	// EndOf is the sequence number of the newest entry of a list; false: no list that
	// somebody has is that one.
	EndOf(ctx context.Context, list audit.ListID) (seq int64, known bool, err error)
}

// Reader reads entries. It implements audit.Records, audit.Statistician and the Find of
// audit.Finder.
type Reader struct{ Source }

// Records implements audit.Records.
func (l Reader) Records(ctx context.Context, after int64, limit int) ([]audit.Record, error) {
	var out []audit.Record
	err := l.Each(ctx, after+1, false, func(r Rows) (bool, error) {
		found, err := r.records(nil)
		for _, record := range found {
			if record.Seq > after && len(out) < limit {
				out = append(out, record)
			}
		}
		return len(out) < limit, err
	})
	return out, err
}

// Record reads the entry of that number, without its hashes; false: not found.
func (l Reader) Record(ctx context.Context, seq int64) (audit.Record, bool, error) {
	r, found, err := l.Row(ctx, seq)
	if err != nil {
		return audit.Record{}, false, fmt.Errorf("read log entry %d: %w", seq, err)
	}
	if !found {
		return audit.Record{}, false, nil
	}
	return r.one(seq)
}

// TimeOf is when an entry was written; zero: it is not there.
func (l Reader) TimeOf(ctx context.Context, seq int64) (time.Time, error) {
	r, found, err := l.Record(ctx, seq)
	if err != nil || !found {
		return time.Time{}, err
	}
	leaf, err := audit.Decode(r.Leaf)
	if err != nil {
		return time.Time{}, fmt.Errorf("read log entry %d: %w", seq, err)
	}
	return leaf.Open.At, nil
}

// TimesAround is that of audit.RetentionStore.
func (l Reader) TimesAround(ctx context.Context, at time.Time) (last, next, newest time.Time, err error) {
	place, err := l.Before(ctx, at)
	if err != nil {
		return last, next, newest, err
	}
	size, err := l.Size(ctx)
	if err != nil {
		return last, next, newest, err
	}
	last, err = l.TimeOf(ctx, place-1)
	if err == nil && place < size {
		next, err = l.TimeOf(ctx, place)
	}
	if err == nil {
		newest, err = l.TimeOf(ctx, size-1)
	}
	return last, next, newest, err
}
