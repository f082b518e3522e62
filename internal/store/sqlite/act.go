package sqlite

import (
	"context"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/store/acts"
)

// act is what one caller wants written: changes, log entries, or both. Both are
// written or neither.
type act struct {
	*acts.Act

	do func(ctx context.Context, t *tx) error // nil: only entries
	// then runs after the entries were placed, the first of them at first; nil: nothing.
	then    func(ctx context.Context, t *tx, first int64) error
	settled bool // needs the table of heads to be up to date
	fold    bool // fold the WAL back after the commit, so that it no longer holds deleted bytes
}

func newAct(entries ...audit.Entry) (*act, error) {
	a, err := acts.New(entries...)
	return &act{Act: a}, err
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
	a, err := newAct(entries...)
	if err != nil {
		return 0, err
	}
	a.do = do
	return db.writer.queue.Submit(ctx, a)
}
