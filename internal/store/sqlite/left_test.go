package sqlite

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
)

// Who leaves while an act of theirs is being written takes nothing with them that the
// writer still uses. The race detector sees it.
func TestWhoLeavesSharesNothingWithTheWriter(t *testing.T) {
	t.Parallel()
	for name, do := range map[string]func(context.Context, *DB) error{
		"forget correlation ids": func(ctx context.Context, db *DB) error {
			_, err := db.Log().ForgetCorrelations(ctx, at(30), 10)
			return err
		},
		"prune": func(ctx context.Context, db *DB) error {
			_, err := db.Log().Prune(ctx, at(30), 10)
			return err
		},
		"remove consents": func(ctx context.Context, db *DB) error {
			_, err := db.Log().RemoveConsents(ctx, at(30), 10)
			return err
		},
		"append": func(ctx context.Context, db *DB) error {
			_, err := db.Log().Append(ctx, audit.Guard{}, sample(1))
			return err
		},
		"end sessions": func(ctx context.Context, db *DB) error {
			_, err := db.Sessions().EndSessions(ctx, "", sample(1))
			return err
		},
		"remove sessions": func(ctx context.Context, db *DB) error {
			_, err := db.Sessions().RemoveExpiredSessions(ctx, at(1), at(1))
			return err
		},
		"take a value": func(ctx context.Context, db *DB) error {
			_, err := db.OneTimeValues().Take(ctx, "kind", [32]byte{1}, at(1))
			return err
		},
		"remove values": func(ctx context.Context, db *DB) error {
			_, err := db.OneTimeValues().RemoveExpired(ctx, at(1))
			return err
		},
		"add a subject": func(ctx context.Context, db *DB) error {
			_, err := db.Subjects().AddSubject(ctx, subjectOf("ANN", "sealed"))
			return err
		},
		"erase": func(ctx context.Context, db *DB) error {
			return db.Subjects().EraseSubject(ctx, "PSEUDONYM", sample(1))
		},
		"remove a history": func(ctx context.Context, db *DB) error {
			return db.Histories().Remove(ctx, "PSEUDONYM")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := openNew(t)
			fill(t, db, 3)
			for leftWhileWritten := false; !leftWhileWritten; {
				leftWhileWritten = errors.Is(leaves(t, db, do), audit.ErrOutcomeUnknown) // otherwise it left too early
			}
		})
	}
}

// leaves carries out an act whose caller's time ends while it waits for another one of its
// batch. Nothing but time tells the caller, or the race detector would see an order.
func leaves(t *testing.T, db *DB, do func(context.Context, *DB) error) error {
	t.Helper()
	release := held(t, db)
	ended := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
		defer cancel()
		ended <- do(ctx, db)
	}()
	for len(db.writer.queue.Acts()) == 0 {
		select {
		case err := <-ended:
			release()
			return err
		default:
			runtime.Gosched()
		}
	}
	finish := make(chan struct{})
	other := queued(t, db, func(context.Context, *tx) error { <-finish; return nil })
	release()
	err := <-ended
	close(finish)
	if o := <-other; o.Err != nil {
		t.Error(o.Err)
	}
	return err
}
