package audit

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Cutoff is the moment before which something is too old to be kept, at some
// time. Periods are by the calendar, so it is not a duration.
type Cutoff func(now time.Time) time.Time

// RetentionStore removes what retention allows. Nothing under a standing hold is
// ever removed. Each call is one short transaction, so that the log can be
// appended to in between.
type RetentionStore interface {
	// Due counts what the other calls would remove of what is older than these times:
	// nothing under hold.
	Due(ctx context.Context, correlations, openings time.Time) (Retained, error)
	// ForgetCorrelations removes at most limit correlation ids whose entries are older
	// than that time, and returns how many.
	ForgetCorrelations(ctx context.Context, before time.Time, limit int) (int, error)
	// Prunable returns the place up to which openings older than that time exist and
	// no pruning has been allowed yet; 0: there are none.
	Prunable(ctx context.Context, before time.Time) (int64, error)
	// AllowPruning appends the entry (of kind Pruned) and from then on lets openings
	// before its place go, both or neither.
	AllowPruning(ctx context.Context, e Entry) error
	// Prune deletes at most limit openings that may go and are older than that time,
	// and returns how many. Their leaves stay.
	Prune(ctx context.Context, before time.Time, limit int) (int, error)
	// RemoveConsents deletes the events of at most limit consents that ended before that
	// time, whose entries have lost what opened them, and returns how many consents.
	RemoveConsents(ctx context.Context, before time.Time, limit int) (int, error)
}

// Retention removes what is older than it may be kept. The log still verifies
// afterwards: the log itself records which openings may be gone, and keeps all leaves.
type Retention struct {
	Store        RetentionStore
	Now          func() time.Time
	Correlations Cutoff // of correlation ids: at least an hour ago
	Openings     Cutoff // of whom entries are about and what they say: not after Correlations
}

// Retained is what a run removed, or would remove.
type Retained struct{ Correlations, Openings, Consents int }

const retentionStep = 500

// Run removes everything that is due, in small steps, and stops when ctx ends;
// what is left then goes with the next run.
func (r Retention) Run(ctx context.Context) (Retained, error) {
	var done Retained
	now := r.Now()
	correlations, openings, err := r.cutoffs(now)
	if err != nil {
		return done, err
	}
	err = inSteps(ctx, &done.Correlations, func() (int, error) {
		return r.Store.ForgetCorrelations(ctx, correlations, retentionStep)
	})
	if err != nil {
		return done, fmt.Errorf("forget correlation ids: %w", err)
	}
	before, err := r.Store.Prunable(ctx, openings)
	if err != nil {
		return done, fmt.Errorf("prune audit log: %w", err)
	}
	if before > 0 {
		e := Entry{Kind: Pruned, At: now, Actor: ActorService, Outcome: Succeeded, Purpose: "retention", Before: before}
		if err := r.Store.AllowPruning(ctx, e); err != nil {
			return done, fmt.Errorf("prune audit log: %w", err)
		}
	}
	err = inSteps(ctx, &done.Openings, func() (int, error) { return r.Store.Prune(ctx, openings, retentionStep) })
	if err != nil {
		return done, fmt.Errorf("prune audit log: %w", err)
	}
	// Only now: as long as an entry tells of an event, the event has to be there.
	err = inSteps(ctx, &done.Consents, func() (int, error) { return r.Store.RemoveConsents(ctx, openings, retentionStep) })
	if err != nil {
		return done, fmt.Errorf("remove consents: %w", err)
	}
	return done, nil
}

// Due counts what Run would remove now.
func (r Retention) Due(ctx context.Context) (Retained, error) {
	correlations, openings, err := r.cutoffs(r.Now())
	if err != nil {
		return Retained{}, err
	}
	due, err := r.Store.Due(ctx, correlations, openings)
	if err != nil {
		return Retained{}, fmt.Errorf("count what is due: %w", err)
	}
	return due, nil
}

func (r Retention) cutoffs(now time.Time) (correlations, openings time.Time, err error) {
	if r.Correlations == nil || r.Openings == nil {
		return correlations, openings, errors.New("retention: the times to keep are missing")
	}
	correlations, openings = r.Correlations(now), r.Openings(now)
	if now.Sub(correlations) < time.Hour || openings.After(correlations) {
		return correlations, openings, errors.New("retention: the times to keep are too short")
	}
	return correlations, openings, nil
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
