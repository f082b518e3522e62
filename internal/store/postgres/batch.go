package postgres

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/jackc/pgx/v5"

	"github.com/patient-care-aggregator/aggregator/internal/store/acts"
)

// batch writes acts in one transaction and reports the outcome to each caller. What may not
// share the transaction is returned.
func (w *writer) batch(ctx context.Context, waiting []*act) (rest []*act) {
	ctx, cancel := context.WithTimeout(ctx, tripTime)
	defer cancel()
	var kept []*act
	var outcomes []acts.Outcome
	err := w.panics.Contain(ctx, "write a batch", func() error {
		end, err := w.lock(ctx)
		// Only now: what came while the lock was waited for shares it.
		waiting = w.queue.Gather(waiting, w.batchLimit)
		n := acts.Together(waiting)
		kept, rest = acts.Wanted(waiting[:n:n]), waiting[n:]
		outcomes = make([]acts.Outcome, len(kept))
		if err != nil || len(kept) == 0 {
			return err
		}
		return w.transact(ctx, end, kept, outcomes)
	})
	if err != nil || len(kept) == 0 {
		w.abandon(ctx, err)
	}
	for i, a := range kept {
		o := outcomes[i]
		if o.Err == nil && err != nil {
			o = acts.Outcome{Err: fmt.Errorf("write: %w", err)}
		}
		a.Finish(o)
	}
	return rest
}

// abandon undoes a transaction. After a failure the connection goes too: who knows what is
// still under way on it.
func (w *writer) abandon(ctx context.Context, cause error) {
	if cause == nil && w.tx.exec(ctx, `ROLLBACK`) == nil {
		return
	}
	if cause != nil {
		w.log.LogAttrs(ctx, slog.LevelError, "write failed", slog.Any("error", cause))
	}
	w.disconnect(context.WithoutCancel(ctx))
}

// lock is the first trip: nobody else writes to the log from here to COMMIT.
func (w *writer) lock(ctx context.Context) (end logEnd, err error) {
	if err := w.reconnect(ctx); err != nil {
		return end, err
	}
	var trip pgx.Batch
	trip.Queue(`BEGIN`)
	trip.Queue(`SET LOCAL synchronous_commit = on`) // whatever stands between us and the server
	trip.Queue(`SELECT size, latest, edge, changes FROM log_head FOR UPDATE`).QueryRow(func(row pgx.Row) error {
		end, err = scanEnd(row)
		return err
	})
	if err := w.tx.send(ctx, &trip); err != nil {
		return end, fmt.Errorf("lock the log: %w", err)
	}
	if end.edge.Size() < w.committed {
		return end, fmt.Errorf("%w: %d entries instead of %d", ErrLogShrank, end.edge.Size(), w.committed)
	}
	return end, w.changes.notice(ctx, w.tx, end.changes, true)
}

// transact carries out acts and commits. It writes into outcomes what became of each act
// on its own; an error undoes all of them.
func (w *writer) transact(ctx context.Context, end logEnd, batch []*act, outcomes []acts.Outcome) error {
	// In the order of the batch, in which a withdrawal holds for what comes after it.
	next := end.edge.Size()
	judged := 0
	judge := func(upTo int, more *pgx.Batch) error {
		found, err := w.readGuards(ctx, batch[judged:upTo], more)
		if err != nil {
			return err
		}
		for i, a := range batch[judged:upTo] {
			o := &outcomes[judged+i]
			o.First, o.Err = next, w.judge(a.guard, found[i])
			if o.Err == nil {
				next += int64(len(a.Entries))
			}
		}
		judged = upTo
		return nil
	}
	for i, a := range batch {
		if a.do == nil {
			continue
		}
		if err := judge(i, nil); err != nil {
			return err
		}
		if err := w.carryOut(ctx, a, next, &outcomes[i]); err != nil {
			return err
		}
		if judged = i + 1; outcomes[i].Err == nil {
			next += int64(len(a.Entries))
		}
	}
	grown := grow(end)
	var trip pgx.Batch
	grown.lists.queue(&trip, batch)
	if err := judge(len(batch), &trip); err != nil {
		return err
	}
	return w.write(ctx, end, grown, batch, outcomes)
}

// carryOut makes the changes of an act that has some, in a savepoint.
func (w *writer) carryOut(ctx context.Context, a *act, first int64, o *acts.Outcome) error {
	failed, err := w.tx.savepoint(ctx, func() error {
		return w.panics.Contain(ctx, "write an act", func() error {
			found, err := w.readGuards(ctx, []*act{a}, nil)
			if err == nil {
				err = w.judge(a.guard, found[0])
			}
			if err != nil {
				return err
			}
			return a.do(ctx, w.tx, first)
		})
	})
	o.First, o.Err = first, failed
	return err
}

// write places the entries of the acts that did not fail, and commits.
func (w *writer) write(ctx context.Context, end logEnd, grown *growth, batch []*act, outcomes []acts.Outcome) error {
	var trip pgx.Batch
	var all []changed
	later := false
	for i, a := range batch {
		if outcomes[i].Err != nil {
			continue
		}
		for _, e := range a.Entries {
			if err := grown.place(e); err != nil {
				return err
			}
		}
		all = append(all, a.changes)
		if w.command {
			all = append(all, changed{anybody: true})
		}
		later = later || a.then != nil
	}
	grown.queueRows(&trip)
	newest := w.changes.queue(&trip, end.changes, all)
	grown.queueEnd(&trip, end, newest)
	if later {
		if err := w.tx.send(ctx, &trip); err != nil {
			return fmt.Errorf("write entries: %w", err)
		}
		trip = pgx.Batch{}
		for i, a := range batch {
			if outcomes[i].Err != nil || a.then == nil {
				continue
			}
			if err := a.then(ctx, w.tx, outcomes[i].First); err != nil {
				return err
			}
		}
	}
	trip.Queue(`COMMIT`)
	if err := w.tx.send(ctx, &trip); err != nil {
		return commitError(err)
	}
	w.committed = grown.edge.Size()
	w.changes.skip(end.changes, newest)
	return nil
}
