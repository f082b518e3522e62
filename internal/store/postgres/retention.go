package postgres

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/store/logrows"
)

// run does a removal, or counts what it would remove.
func run(ctx context.Context, q querier, r logrows.Removal, end int64, limit int, save func(first int64, openings []byte) error) (removed int, stopped int64, err error) {
	var next int64
	err = q.QueryRow(ctx, `SELECT before FROM log_retention WHERE what = $1`, r.What).Scan(&next)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return 0, 0, fmt.Errorf("read how far retention has gone: %w", err)
	}
	held, err := readHeld(ctx, q)
	if err != nil {
		return 0, next, fmt.Errorf("read holds: %w", err)
	}
	return r.Run(ctx, source{q}, held, next, end, limit, save)
}

func readHeld(ctx context.Context, q querier) (logrows.Held, error) {
	h := logrows.Held{Lists: map[audit.ListID]bool{}}
	if err := q.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM log_holds WHERE lifted_at IS NULL AND citizen IS NULL)`).Scan(&h.Everything); err != nil {
		return h, err
	}
	lists, err := collect(ctx, q, pgx.RowTo[[]byte], `SELECT list FROM log_heads WHERE citizen IN (SELECT citizen FROM log_holds WHERE lifted_at IS NULL)`)
	for _, list := range lists {
		h.Lists[audit.ListID(list)] = true
	}
	return h, err
}

// saveOpenings stores openings of which some are gone.
func saveOpenings(ctx context.Context, t *tx) func(first int64, openings []byte) error {
	return func(first int64, openings []byte) error {
		return t.exec(ctx, `UPDATE log_openings SET openings = $1 WHERE first = $2`, openings, first)
	}
}

// Due implements audit.RetentionStore.
func (l Log) Due(ctx context.Context, correlationsBefore, openingsBefore time.Time) (due audit.Retained, err error) {
	for _, count := range []struct {
		of   logrows.Removal
		than time.Time
		into *int
	}{{logrows.Correlations(), correlationsBefore, &due.Correlations}, {logrows.WholeOpenings(), openingsBefore, &due.Openings}} {
		end, err := l.Before(ctx, count.than)
		if err != nil {
			return due, err
		}
		if *count.into, _, err = run(ctx, l.read, count.of, end, int(end)+1, nil); err != nil {
			return due, fmt.Errorf("count what is too old: %w", err)
		}
	}
	older, err := l.Before(ctx, openingsBefore)
	if err != nil {
		return due, err
	}
	consents, err := endedConsents(ctx, l.read, openingsBefore, older, math.MaxInt32)
	due.Consents = len(consents)
	return due, err
}

// endedConsent is a consent that ended.
type endedConsent struct{ citizen, id string }

// endedConsents finds consents that ended before a time, whose entries are below a place,
// and that are not under hold. A consent that another one replaced ends when its own time
// would have.
func endedConsents(ctx context.Context, q querier, before time.Time, place int64, limit int) ([]endedConsent, error) {
	out, err := collect(ctx, q, func(row pgx.CollectableRow) (c endedConsent, err error) {
		return c, row.Scan(&c.citizen, &c.id)
	}, `SELECT citizen, id FROM consent_events AS e
		WHERE NOT EXISTS (SELECT 1 FROM log_holds AS h WHERE h.lifted_at IS NULL AND (h.citizen IS NULL OR h.citizen = e.citizen))
		GROUP BY citizen, id
		HAVING max(at) < $1 AND max(entry) < $2 AND (max(expires_at) < $1 OR bool_or(kind IN ('withdrawn', 'suspended')))
		LIMIT $3`, before.UnixNano(), place, limit)
	if err != nil {
		return nil, fmt.Errorf("find ended consents: %w", err)
	}
	return out, nil
}

// RemoveConsents implements audit.RetentionStore.
func (l Log) RemoveConsents(ctx context.Context, before time.Time, limit int) (int, error) {
	older, allowed, err := l.Prunable(ctx, before)
	if err != nil {
		return 0, err
	}
	var removed int // the writer's, unless it says that it is done
	_, err = l.db.perform(ctx, changed{anybody: true}, func(ctx context.Context, t *tx) error {
		ended, err := endedConsents(ctx, t, before, min(older, allowed), limit)
		if err != nil || len(ended) == 0 {
			return err
		}
		var trip pgx.Batch
		trip.Queue(`INSERT INTO log_retention (what, before) VALUES ('consents', $1)
			ON CONFLICT (what) DO UPDATE SET before = greatest(log_retention.before, $1)`, before.UnixNano())
		for _, c := range ended {
			trip.Queue(`DELETE FROM consent_events WHERE citizen = $1 AND id = $2`, c.citizen, c.id)
		}
		removed = len(ended)
		return t.send(ctx, &trip)
	})
	if err != nil {
		return 0, fmt.Errorf("remove ended consents: %w", err)
	}
	return removed, nil
}

// ForgetCorrelations implements audit.RetentionStore.
func (l Log) ForgetCorrelations(ctx context.Context, before time.Time, limit int) (int, error) {
	end, err := l.Before(ctx, before)
	if err != nil {
		return 0, err
	}
	return l.remove(ctx, logrows.Correlations(), end, limit)
}

// Prunable implements audit.RetentionStore.
func (l Log) Prunable(ctx context.Context, before time.Time) (older, allowed int64, err error) {
	if older, err = l.Before(ctx, before); err != nil {
		return 0, 0, err
	}
	if err := l.read.QueryRow(ctx, `SELECT coalesce(max(before), 0) FROM log_prunings`).Scan(&allowed); err != nil {
		return 0, 0, fmt.Errorf("read prunings: %w", err)
	}
	return older, allowed, nil
}

// AllowPruning implements audit.RetentionStore.
func (l Log) AllowPruning(ctx context.Context, e audit.Entry) error {
	_, err := l.db.perform(ctx, changed{}, func(ctx context.Context, t *tx) error {
		size, err := source{t}.Size(ctx)
		if err != nil {
			return err
		}
		if e.Before > size {
			return fmt.Errorf("%w: nothing to prune before entry %d", audit.ErrInvalidEntry, e.Before)
		}
		return t.exec(ctx, `INSERT INTO log_prunings (before) VALUES ($1) ON CONFLICT (before) DO NOTHING`, e.Before)
	}, e)
	if err != nil {
		return fmt.Errorf("allow pruning: %w", err)
	}
	return nil
}

// Prune implements audit.RetentionStore.
func (l Log) Prune(ctx context.Context, before time.Time, limit int) (int, error) {
	end, allowed, err := l.Prunable(ctx, before)
	if err != nil {
		return 0, err
	}
	return l.remove(ctx, logrows.WholeOpenings(), min(end, allowed), limit)
}

// remove does a removal in one transaction.
func (l Log) remove(ctx context.Context, r logrows.Removal, end int64, limit int) (int, error) {
	var removed int // the writer's, unless it says that it is done
	_, err := l.db.perform(ctx, changed{}, func(ctx context.Context, t *tx) error {
		n, next, err := run(ctx, t, r, end, limit, saveOpenings(ctx, t))
		if err != nil {
			return err
		}
		removed = n
		return t.exec(ctx, `INSERT INTO log_retention (what, before) VALUES ($1, $2)
			ON CONFLICT (what) DO UPDATE SET before = greatest(log_retention.before, $2)`, r.What, next)
	})
	if err != nil {
		return 0, fmt.Errorf("remove what is too old: %w", err)
	}
	return removed, nil
}
