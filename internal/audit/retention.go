package audit

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// How long things are kept.
const (
	// DefaultCorrelationLife is how long correlation ids can be looked up (NFR-09).
	DefaultCorrelationLife = 90 * 24 * time.Hour
	// DefaultEntryLife is how long entries keep their bodies: 8 years, two leap
	// days counted, as for adult health records (NHS Records Management Code).
	DefaultEntryLife = (8*365 + 2) * 24 * time.Hour
)

// RetentionStore removes what retention allows. Nothing under a standing hold is
// ever removed. Each call is one short transaction, so that the log can be
// appended to in between.
type RetentionStore interface {
	// ForgetCorrelations empties at most limit rows of the side table whose entries
	// are older than that time, and tells how many.
	ForgetCorrelations(ctx context.Context, before time.Time, limit int) (int, error)
	// Prunable gives the place up to which bodies older than that time stand and
	// no pruning has been allowed yet; 0: there are none.
	Prunable(ctx context.Context, before time.Time) (int64, error)
	// AllowPruning appends the entry (of kind Pruned) and from then on lets bodies
	// before its place go, both or neither.
	AllowPruning(ctx context.Context, e Entry) error
	// Prune deletes at most limit bodies that may go and are older than that time,
	// and tells how many. Their hashes stay.
	Prune(ctx context.Context, before time.Time, limit int) (int, error)
}

// Retention removes what is older than it may be kept. The log still verifies
// afterwards: it tells itself which bodies may be gone, and keeps all hashes.
type Retention struct {
	Store           RetentionStore
	Now             func() time.Time
	CorrelationLife time.Duration // at least an hour
	EntryLife       time.Duration // no shorter than CorrelationLife
}

// Retained tells what a run removed.
type Retained struct{ Correlations, Bodies int }

const retentionStep = 500

// Run removes everything that is due, in small steps, and stops when ctx ends;
// what is left then goes with the next run.
func (r Retention) Run(ctx context.Context) (Retained, error) {
	var done Retained
	if r.CorrelationLife < time.Hour || r.EntryLife < r.CorrelationLife {
		return done, errors.New("retention: the times to keep are too short")
	}
	now := r.Now()
	err := inSteps(ctx, &done.Correlations, func() (int, error) {
		return r.Store.ForgetCorrelations(ctx, now.Add(-r.CorrelationLife), retentionStep)
	})
	if err != nil {
		return done, fmt.Errorf("forget correlation ids: %w", err)
	}
	cutoff := now.Add(-r.EntryLife)
	before, err := r.Store.Prunable(ctx, cutoff)
	if err != nil {
		return done, fmt.Errorf("prune audit log: %w", err)
	}
	if before > 0 {
		e := Entry{Kind: Pruned, At: now, Actor: ActorService, Outcome: Succeeded, Purpose: "retention", Before: before}
		if err := r.Store.AllowPruning(ctx, e); err != nil {
			return done, fmt.Errorf("prune audit log: %w", err)
		}
	}
	err = inSteps(ctx, &done.Bodies, func() (int, error) { return r.Store.Prune(ctx, cutoff, retentionStep) })
	if err != nil {
		return done, fmt.Errorf("prune audit log: %w", err)
	}
	return done, nil
}

func inSteps(ctx context.Context, total *int, step func() (int, error)) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := step()
		*total += n
		if err != nil || n < retentionStep {
			return err
		}
	}
}
