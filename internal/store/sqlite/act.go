package sqlite

import (
	"context"
	"fmt"
	"sync/atomic"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
)

// act is what one caller wants written: changes, log entries, or both. Both are
// written or neither.
type act struct {
	do      func(ctx context.Context, t *tx) error // nil: only entries
	entries []entry
	fold    bool // fold the WAL back after the commit, so that it no longer holds deleted bytes
	state   atomic.Int32
	done    chan outcome // holds one
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

// entry is a log entry ready to be placed.
type entry struct {
	leaf          []byte
	hash          tlog.Hash
	salt          audit.Salt
	correlationID string
}

// sealed makes the leaves and their hashes, on the caller's goroutine, to keep the writer free.
func sealed(entries []audit.Entry) ([]entry, error) {
	out := make([]entry, len(entries))
	for i, e := range entries {
		salt := audit.NewSalt()
		leaf, err := audit.Encode(e, salt)
		if err != nil {
			return nil, fmt.Errorf("entry %d: %w", i, err)
		}
		out[i] = entry{leaf: leaf, hash: audit.LeafHash(leaf), salt: salt, correlationID: e.CorrelationID}
	}
	return out, nil
}

// perform has the writer carry out changes and entries in one transaction, and
// returns the sequence number of the first entry. Entries that need a guard are
// refused: only Log.Append takes one.
func (db *DB) perform(ctx context.Context, do func(context.Context, *tx) error, entries ...audit.Entry) (int64, error) {
	return db.performGuarded(ctx, audit.Guard{}, do, entries...)
}

// performGuarded is perform for entries that may need the guard.
func (db *DB) performGuarded(ctx context.Context, g audit.Guard, do func(context.Context, *tx) error, entries ...audit.Entry) (int64, error) {
	if err := g.Admits(entries...); err != nil {
		return 0, err
	}
	s, err := sealed(entries)
	if err != nil {
		return 0, err
	}
	return db.writer.submit(ctx, &act{do: do, entries: s, done: make(chan outcome, 1)})
}
