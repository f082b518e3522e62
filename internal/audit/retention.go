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
	// TimesAround returns when the last entry older than a time was written, when the next
	// one was, and the newest; zero: no such entry.
	TimesAround(ctx context.Context, at time.Time) (last, next, newest time.Time, err error)
	// Prunable returns the place up to which entries are older than that time, and the
	// place up to which pruning is allowed already.
	Prunable(ctx context.Context, before time.Time) (older, allowed int64, err error)
	// AllowPruning appends the entry (of kind Pruned) and from then on lets openings
	// before its place go, both or neither. The place can be allowed already.
	AllowPruning(ctx context.Context, e Entry) error
	// Prune deletes at most limit openings that may go and are older than that time,
	// and returns how many. Their leaves stay.
	Prune(ctx context.Context, before time.Time, limit int) (int, error)
	// RemoveConsents deletes the events of at most limit consents that ended before that
	// time, and returns how many consents: none whose entries are younger than that, or not
	// below the place up to which pruning is allowed.
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

// Retained is what was removed, or would be.
type Retained struct{ Correlations, Openings, Consents int }

// ErrClockInDoubt says that nothing is removed by itself, because the clock may be wrong:
// between the entries that would lose something and the next one is more than a month, or
// the newest entry is from the future. Look at the clock; once there are entries old
// enough on this side of the gap, retention goes on.
var ErrClockInDoubt = errors.New("the clock is in doubt: nothing was removed")

const (
	retentionStep = 500
	// longestPause is how long it may be between two entries, and aheadOfUs how far the
	// newest one may be ahead of the clock, without a doubt about the clock.
	longestPause = 31 * 24 * time.Hour
	aheadOfUs    = time.Hour
)

// Forget removes the correlation ids that are too old, in small steps, and returns how
// many. It stops when ctx ends; what is left then goes with the next run. Nobody has to
// approve it. Errors: ErrClockInDoubt.
func (r Retention) Forget(ctx context.Context) (int, error) {
	now := r.Now()
	correlations, _, err := r.cutoffs(now)
	if err != nil {
		return 0, err
	}
	if err := r.clock(ctx, now, correlations); err != nil {
		return 0, err
	}
	done := 0
	err = inSteps(ctx, &done, func() (int, error) { return r.Store.ForgetCorrelations(ctx, correlations, retentionStep) })
	if err != nil {
		return done, fmt.Errorf("forget correlation ids: %w", err)
	}
	return done, nil
}

func (r Retention) clock(ctx context.Context, now, cutoff time.Time) error {
	last, next, newest, err := r.Store.TimesAround(ctx, cutoff)
	if err != nil {
		return fmt.Errorf("compare the clock with the log: %w", err)
	}
	if next.IsZero() {
		next = now
	}
	if !last.IsZero() && next.Sub(last) > longestPause || newest.After(now.Add(aheadOfUs)) {
		return ErrClockInDoubt
	}
	return nil
}

// Plan is what an act of retention is to remove: somebody agrees to this and to no more.
type Plan struct {
	Before    int64     // openings of entries below that one; 0: there are none to remove
	OlderThan time.Time // and only of entries, and of consents that ended, before that time
	Due       Retained  // when it was made
}

// Plan is what is due now. Nothing is, where its Due has no openings and no consents.
func (r Retention) Plan(ctx context.Context) (Plan, error) {
	due, err := r.Due(ctx)
	if err != nil {
		return Plan{}, err
	}
	_, openings, err := r.cutoffs(r.Now())
	if err != nil {
		return Plan{}, err
	}
	older, _, err := r.Store.Prunable(ctx, openings)
	if err != nil {
		return Plan{}, fmt.Errorf("look for what is due: %w", err)
	}
	return Plan{Before: older, OlderThan: openings, Due: due}, nil
}

// Remove does what somebody agreed to, in small steps. The entry says so in the log; it
// gets the place. If it is interrupted, it goes on when it is called again.
func (r Retention) Remove(ctx context.Context, p Plan, e Entry) (Retained, error) {
	var done Retained
	older, allowed, err := r.Store.Prunable(ctx, p.OlderThan)
	if err != nil {
		return done, fmt.Errorf("prune audit log: %w", err)
	}
	if e.Before = max(min(p.Before, older), allowed); e.Before > 0 {
		if err := r.Store.AllowPruning(ctx, e); err != nil {
			return done, fmt.Errorf("prune audit log: %w", err)
		}
	}
	err = inSteps(ctx, &done.Openings, func() (int, error) { return r.Store.Prune(ctx, p.OlderThan, retentionStep) })
	if err != nil {
		return done, fmt.Errorf("prune audit log: %w", err)
	}
	// Only now: as long as an entry tells of an event, the event has to be there.
	err = inSteps(ctx, &done.Consents, func() (int, error) { return r.Store.RemoveConsents(ctx, p.OlderThan, retentionStep) })
	if err != nil {
		return done, fmt.Errorf("remove consents: %w", err)
	}
	return done, nil
}

// Due counts what Forget and Remove would remove now.
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
