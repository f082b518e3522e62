package sqlite

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
)

// act is what one caller wants written: changes, log entries, or both. Both are
// written or neither.
type act struct {
	do      func(ctx context.Context, t *tx) error // nil: only entries
	entries []*audit.Prepared
	// then runs after the entries were placed, the first of them at first; nil: nothing.
	then     func(ctx context.Context, t *tx, first int64) error
	byItself bool // shares its transaction with no other act
	settled  bool // needs the table of heads to be up to date
	fold     bool // fold the WAL back after the commit, so that it no longer holds deleted bytes
	state    atomic.Int32
	done     chan outcome // holds one
}

// The states of an act. It leaves the state waiting once.
const (
	waiting int32 = iota
	taken         // the writer has it: its outcome is the transaction's
	givenUp       // the caller has left: it will never be written
)

type outcome struct {
	first int64 // sequence number of the first entry
	err   error
}

// prepared encodes entries on the caller's goroutine, to keep the writer free.
func prepared(entries []audit.Entry) ([]*audit.Prepared, error) {
	out := make([]*audit.Prepared, len(entries))
	for i, e := range entries {
		p, err := audit.Prepare(e)
		if err != nil {
			return nil, fmt.Errorf("entry %d: %w", i, err)
		}
		out[i] = p
	}
	return out, nil
}

// perform has the writer carry out changes and entries in one transaction, and
// returns the sequence number of the first entry. Entries that need a guard are
// refused: only Log.Append and Histories.Append take one.
func (db *DB) perform(ctx context.Context, do func(context.Context, *tx) error, entries ...audit.Entry) (int64, error) {
	return db.performGuarded(ctx, audit.Guard{}, do, entries...)
}

// performGuarded is perform for entries that may need the guard.
func (db *DB) performGuarded(ctx context.Context, g audit.Guard, do func(context.Context, *tx) error, entries ...audit.Entry) (int64, error) {
	if err := g.Admits(entries...); err != nil {
		return 0, err
	}
	p, err := prepared(entries)
	if err != nil {
		return 0, err
	}
	return db.writer.submit(ctx, &act{do: do, entries: p, done: make(chan outcome, 1)})
}
