package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/store/logrows"
)

// reached is up to which entry retention has done this.
func reached(ctx context.Context, q rowReader, r logrows.Removal) (int64, error) {
	var before int64
	err := q.row(ctx, `SELECT before FROM log_retention WHERE what = ?`, r.What).Scan(&before)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("read how far retention has gone: %w", err)
	}
	return before, nil
}

// run does a removal, or counts what it would remove.
func run(ctx context.Context, q reader, r logrows.Removal, end int64, limit int, save func(first int64, openings []byte) error) (removed int, stopped int64, err error) {
	next, err := reached(ctx, q, r)
	if err != nil {
		return 0, next, err
	}
	held, err := readHeld(ctx, q)
	if err != nil {
		return 0, next, err
	}
	return r.Run(ctx, openingsIn{q}, held, next, end, limit, save)
}

// openingsIn implements logrows.OpeningsSource.
type openingsIn struct{ rowReader }

// OpeningsRow implements logrows.OpeningsSource.
func (o openingsIn) OpeningsRow(ctx context.Context, seq int64) (first int64, openings []byte, err error) {
	err = o.row(ctx, `SELECT first, openings FROM log_openings WHERE first <= ? ORDER BY first DESC LIMIT 1`, seq).Scan(&first, &openings)
	return first, openings, err
}

// saveOpenings stores openings of which some are gone.
func saveOpenings(ctx context.Context, t *tx) func(first int64, openings []byte) error {
	return func(first int64, openings []byte) error {
		return t.exec(ctx, `UPDATE log_openings SET openings = ? WHERE first = ?`, openings, first)
	}
}

// reader reads rows of one moment.
type reader interface {
	rowReader
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func readHeld(ctx context.Context, q reader) (logrows.Held, error) {
	h := logrows.Held{Lists: map[audit.ListID]bool{}}
	if err := q.row(ctx, `SELECT EXISTS (SELECT 1 FROM log_holds WHERE lifted_at IS NULL AND citizen IS NULL)`).Scan(&h.Everything); err != nil {
		return h, fmt.Errorf("read holds: %w", err)
	}
	found, err := q.QueryContext(ctx, `SELECT list FROM log_heads WHERE citizen IN (SELECT citizen FROM log_holds WHERE lifted_at IS NULL)`)
	if err != nil {
		return h, fmt.Errorf("read holds: %w", err)
	}
	defer func() { _ = found.Close() }()
	for found.Next() {
		var list []byte
		if err := found.Scan(&list); err != nil {
			return h, fmt.Errorf("read holds: %w", err)
		}
		h.Lists[audit.ListID(list)] = true
	}
	return h, found.Err()
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
		err = l.db.snapshot(ctx, func(now snapshot) error {
			*count.into, _, err = run(ctx, now, count.of, end, int(end)+1, nil)
			return err
		})
		if err != nil {
			return due, fmt.Errorf("count what is too old: %w", err)
		}
	}
	older, err := l.Before(ctx, openingsBefore)
	if err != nil {
		return due, err
	}
	consents, err := endedConsents(ctx, l.db.read, openingsBefore, older, math.MaxInt32)
	due.Consents = len(consents)
	return due, err
}

// endedConsent is a consent that ended.
type endedConsent struct{ citizen, id string }

// endedConsents finds consents that ended before a time, whose entries are below a place,
// and that are not under hold. A consent that another one replaced ends when its own time
// would have.
func endedConsents(ctx context.Context, q interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}, before time.Time, place int64, limit int,
) ([]endedConsent, error) {
	found, err := q.QueryContext(ctx, `SELECT citizen, id FROM consent_events AS e
		WHERE NOT EXISTS (SELECT 1 FROM log_holds AS h WHERE h.lifted_at IS NULL AND (h.citizen IS NULL OR h.citizen = e.citizen))
		GROUP BY citizen, id
		HAVING max(at) < ?1 AND max(entry) < ?2 AND (max(expires_at) < ?1 OR max(kind IN ('withdrawn', 'suspended')))
		LIMIT ?3`, before.UnixNano(), place, limit)
	if err != nil {
		return nil, fmt.Errorf("find ended consents: %w", err)
	}
	defer func() { _ = found.Close() }()
	var out []endedConsent
	for found.Next() {
		var c endedConsent
		if err := found.Scan(&c.citizen, &c.id); err != nil {
			return nil, fmt.Errorf("find ended consents: %w", err)
		}
		out = append(out, c)
	}
	if err := found.Err(); err != nil {
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
	_, err = l.db.perform(ctx, func(ctx context.Context, t *tx) error {
		ended, err := endedConsents(ctx, t, before, min(older, allowed), limit)
		if err != nil || len(ended) == 0 {
			return err
		}
		err = t.exec(ctx, `INSERT INTO log_retention (what, before) VALUES ('consents', ?1)
			ON CONFLICT (what) DO UPDATE SET before = max(before, ?1)`, before.UnixNano())
		if err != nil {
			return err
		}
		for _, c := range ended {
			if err := t.exec(ctx, `DELETE FROM consent_events WHERE citizen = ? AND id = ?`, c.citizen, c.id); err != nil {
				return err
			}
		}
		removed = len(ended)
		return nil
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
	allowed, err = l.allowed(ctx)
	return older, allowed, err
}

func (l Log) allowed(ctx context.Context) (int64, error) {
	var allowed int64
	if err := l.db.read.QueryRowContext(ctx, `SELECT coalesce(max(before), 0) FROM log_prunings`).Scan(&allowed); err != nil {
		return 0, fmt.Errorf("read prunings: %w", err)
	}
	return allowed, nil
}

// AllowPruning implements audit.RetentionStore.
func (l Log) AllowPruning(ctx context.Context, e audit.Entry) error {
	_, err := l.db.perform(ctx, func(ctx context.Context, t *tx) error {
		size, err := logSize(ctx, t.conn)
		if err != nil {
			return err
		}
		if e.Before > size {
			return fmt.Errorf("%w: nothing to prune before entry %d", audit.ErrInvalidEntry, e.Before)
		}
		return t.exec(ctx, `INSERT OR IGNORE INTO log_prunings (before) VALUES (?)`, e.Before)
	}, e)
	if err != nil {
		return fmt.Errorf("allow pruning: %w", err)
	}
	return nil
}

// Prune implements audit.RetentionStore.
func (l Log) Prune(ctx context.Context, before time.Time, limit int) (int, error) {
	end, err := l.Before(ctx, before)
	if err != nil {
		return 0, err
	}
	allowed, err := l.allowed(ctx)
	if err != nil {
		return 0, err
	}
	return l.remove(ctx, logrows.WholeOpenings(), min(end, allowed), limit)
}

// remove does a removal in one transaction. The table of heads is brought up to date
// first: it is not told by openings that are gone.
func (l Log) remove(ctx context.Context, r logrows.Removal, end int64, limit int) (int, error) {
	var removed int // the writer's, unless it says that it is done
	a, err := newAct()
	if err != nil {
		return 0, fmt.Errorf("remove what is too old: %w", err)
	}
	a.settled, a.do = true, func(ctx context.Context, t *tx) error {
		n, next, err := run(ctx, t, r, end, limit, saveOpenings(ctx, t))
		if err != nil {
			return err
		}
		removed = n
		return t.exec(ctx, `INSERT INTO log_retention (what, before) VALUES (?1, ?2)
			ON CONFLICT (what) DO UPDATE SET before = max(before, ?2)`, r.What, next)
	}
	if _, err := l.db.writer.queue.Submit(ctx, a); err != nil {
		return 0, fmt.Errorf("remove what is too old: %w", err)
	}
	return removed, nil
}
