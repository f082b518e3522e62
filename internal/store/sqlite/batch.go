package sqlite

import (
	"context"
	"fmt"
	"log/slog"
	"slices"

	"github.com/patient-care-aggregator/aggregator/internal/store/acts"
)

// batch writes the acts that are still wanted in one transaction and reports the
// outcome to each caller.
func (w *writer) batch(ctx context.Context, waiting []*act) {
	kept := acts.Wanted(waiting)
	if len(kept) == 0 {
		return
	}
	outcomes := make([]acts.Outcome, len(kept))
	err := w.panics.Contain(ctx, "write a batch", func() error { return w.transact(ctx, kept, outcomes) })
	if err != nil {
		w.abandon(ctx, err)
	} else if slices.ContainsFunc(kept, func(a *act) bool { return a.fold }) {
		w.tree = nil // the list of somebody who was erased is nobody's any more
		w.foldBack(ctx)
	}
	for i, a := range kept {
		o := outcomes[i]
		if o.Err == nil && err != nil {
			o = acts.Outcome{Err: fmt.Errorf("write: %w", err)}
		}
		a.Finish(o)
	}
	if w.tree != nil && w.tree.heads.due() { // nobody waits for that
		w.saveHeads(ctx, false)
	}
}

// transact carries out the acts and commits. It writes into outcomes what became
// of each act on its own; an error undoes all of them.
func (w *writer) transact(ctx context.Context, batch []*act, outcomes []acts.Outcome) error {
	if err := w.reconnect(ctx); err != nil {
		return err
	}
	if err := w.tx.exec(ctx, `BEGIN IMMEDIATE`); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	if err := w.noticeForeignWrites(ctx); err != nil {
		return err
	}
	if err := w.readTree(ctx); err != nil {
		return err
	}
	settled := slices.ContainsFunc(batch, func(a *act) bool { return a.settled })
	if settled {
		if err := w.tree.heads.save(ctx, w.tx, w.tree.edge.Size(), true); err != nil {
			return err
		}
	}
	for i, a := range batch {
		if a.do == nil {
			continue
		}
		failed, err := w.tx.savepoint(ctx, w.contained(a.do))
		if err != nil {
			return err
		}
		outcomes[i].Err = failed
	}
	// Placed last: the places in the tree belong to acts that did not fail.
	grown := w.tree.begin()
	for i, a := range batch {
		if outcomes[i].Err != nil {
			continue
		}
		outcomes[i].First = grown.edge.Size()
		for _, e := range a.Entries {
			if err := grown.place(ctx, w.tx, e); err != nil {
				return err
			}
		}
	}
	if err := grown.insert(ctx, w.tx); err != nil {
		return err
	}
	for i, a := range batch {
		if outcomes[i].Err != nil || a.then == nil {
			continue
		}
		if err := a.then(ctx, w.tx, outcomes[i].First); err != nil {
			return err
		}
	}
	if err := w.tx.exec(ctx, `COMMIT`); err != nil {
		return commitError(err)
	}
	w.tree = w.tree.committed(grown)
	w.committed = grown.edge.Size()
	return nil
}

// contained is do, with a panic in it as the act's own error.
func (w *writer) contained(do func(context.Context, *tx) error) func(context.Context, *tx) error {
	return func(ctx context.Context, t *tx) error {
		return w.panics.Contain(ctx, "write an act", func() error { return do(ctx, t) })
	}
}

// abandon undoes a transaction that failed. What this process remembers of
// the tree is dropped, because only the database is right.
func (w *writer) abandon(ctx context.Context, cause error) {
	w.log.LogAttrs(ctx, slog.LevelError, "write failed", slog.Any("error", cause))
	w.tree = nil
	if w.tx == nil {
		return
	}
	if err := w.tx.rollback(ctx); err != nil {
		w.log.LogAttrs(ctx, slog.LevelError, "roll back failed; connecting again", slog.Any("error", err))
		w.disconnect()
	}
}

// readTree reads the right edge of the tree where it is not known.
func (w *writer) readTree(ctx context.Context) error {
	if w.tree != nil {
		return nil
	}
	t, err := readTree(ctx, w.tx)
	if err != nil {
		return err
	}
	if t.edge.Size() < w.committed {
		return fmt.Errorf("%w: %d entries instead of %d", ErrLogShrank, t.edge.Size(), w.committed)
	}
	w.tree = t
	return nil
}

// foldBack moves the WAL into the database file and empties it for good. A reader that
// blocks it makes it wait, at most for the busy timeout; then a later commit does it.
func (w *writer) foldBack(ctx context.Context) {
	var busy, inLog, moved int
	err := w.tx.row(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &inLog, &moved)
	if err == nil && busy == 0 {
		err = syncFile(w.path + "-wal") // SQLite leaves that to the next commit
	}
	if err != nil || busy != 0 {
		w.log.LogAttrs(ctx, slog.LevelWarn, "WAL was not emptied", slog.Any("error", err))
	}
}

// saveHeads brings the table of heads up to date, in a transaction of its own. If that
// fails, the openings still tell what it does not know.
func (w *writer) saveHeads(ctx context.Context, all bool) {
	if w.tx == nil || w.tree == nil || len(w.tree.heads.outdated)+len(w.tree.heads.saving) == 0 {
		return
	}
	err := w.panics.Contain(ctx, "save the ends of lists", func() error {
		if err := w.tx.exec(ctx, `BEGIN IMMEDIATE`); err != nil {
			return fmt.Errorf("begin: %w", err)
		}
		if err := w.noticeForeignWrites(ctx); err != nil {
			return err
		}
		if w.tree == nil { // somebody else wrote: what is remembered here is too old
			return w.tx.rollback(ctx)
		}
		if err := w.tree.heads.save(ctx, w.tx, w.tree.edge.Size(), all); err != nil {
			return err
		}
		if err := w.tx.exec(ctx, `COMMIT`); err != nil {
			return commitError(err)
		}
		return nil
	})
	if err != nil {
		w.abandon(ctx, err)
	}
}
