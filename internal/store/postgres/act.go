package postgres

import (
	"context"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/store/acts"
)

// act is what one caller wants written under the lock of the log: changes, log entries, or
// both. Both are written or neither.
type act struct {
	*acts.Act

	guard audit.Guard // judged before do; zero: none
	// do makes the changes; the first entry will be at first. nil: only entries.
	do func(ctx context.Context, t *tx, first int64) error
	// then runs after the entries were placed; nil: nothing.
	then func(ctx context.Context, t *tx, first int64) error
	// changes are what other processes may have in memory, once it is committed.
	changes changed
}

// changed is whose rows changed.
type changed struct {
	citizens []citizen.Ref
	anybody  bool
	// quietly: others learn it when they write, or look; nobody is told at once.
	quietly bool
}

func (c changed) none() bool { return len(c.citizens) == 0 && !c.anybody }

func newAct(entries ...audit.Entry) (*act, error) {
	a, err := acts.New(entries...)
	return &act{Act: a}, err
}

// perform has the writer carry out changes and entries in one transaction, and
// returns the sequence number of the first entry. Entries that need a guard are
// refused: only Log.Append and Histories.Append take one.
func (db *DB) perform(ctx context.Context, who changed, do func(context.Context, *tx) error, entries ...audit.Entry) (int64, error) {
	if err := (audit.Guard{}).Admits(entries...); err != nil {
		return 0, err
	}
	a, err := newAct(entries...)
	if err != nil {
		return 0, err
	}
	a.changes = who
	if do != nil {
		a.do = func(ctx context.Context, t *tx, _ int64) error { return do(ctx, t) }
	}
	return db.submit(ctx, a)
}

func (db *DB) submit(ctx context.Context, a *act) (int64, error) {
	return db.writer.queue.Submit(ctx, a)
}
