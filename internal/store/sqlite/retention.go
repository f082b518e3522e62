package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
)

// removal is what retention does to openings: it goes through them from where it came
// last time, and removes something of each that is not under hold.
type removal struct {
	what string // under which name log_retention has it
	// reduce returns what stays of an opening; false: nothing is to be removed.
	reduce func(opening []byte) ([]byte, bool, error)
}

func correlations() removal {
	return removal{"correlations", func(opening []byte) ([]byte, bool, error) {
		var o audit.Opening
		if err := o.UnmarshalBinary(opening); err != nil || o.Correlation == nil {
			return nil, false, err
		}
		o.Correlation = nil
		rest, err := o.AppendBinary(nil)
		return rest, true, err
	}}
}

func wholeOpenings() removal {
	return removal{"openings", func([]byte) ([]byte, bool, error) { return nil, true, nil }}
}

// reached is up to which entry retention has done this.
func (r removal) reached(ctx context.Context, q rowReader) (int64, error) {
	var before int64
	err := q.row(ctx, `SELECT before FROM log_retention WHERE what = ?`, r.what).Scan(&before)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("read how far retention has gone: %w", err)
	}
	return before, nil
}

// run removes at most limit times, of entries below end, and returns how many times it
// did and where it stopped. save stores changed openings; nil: nothing is changed.
func (r removal) run(ctx context.Context, q reader, end int64, limit int, save func(first int64, openings []byte) error) (removed int, next int64, err error) {
	next, err = r.reached(ctx, q)
	if err != nil {
		return 0, next, err
	}
	held, err := readHeld(ctx, q)
	if err != nil {
		return 0, next, err
	}
	for next < end && removed < limit {
		first, openings, err := openingsRow(ctx, q, next)
		if err != nil {
			return removed, next, err
		}
		before := removed
		for i := int(next - first); i < len(openings) && next < end && removed < limit; i++ {
			next++
			if len(openings[i]) == 0 || audit.ErasedBy(openings[i]) > 0 || held.covers(openings[i]) {
				continue
			}
			rest, some, err := r.reduce(openings[i])
			if err != nil {
				return removed, next, fmt.Errorf("entry %d: %w", next-1, err)
			}
			if some {
				openings[i] = rest
				removed++
			}
		}
		if save != nil && removed > before {
			if err := save(first, joinOpenings(openings)); err != nil {
				return removed, next, err
			}
		}
	}
	return removed, next, nil
}

// openingsRow is the row that has the opening of an entry, and where the row begins.
func openingsRow(ctx context.Context, q rowReader, seq int64) (first int64, openings [][]byte, err error) {
	var blob []byte
	err = q.row(ctx, `SELECT first, openings FROM log_openings WHERE first <= ? ORDER BY first DESC LIMIT 1`, seq).Scan(&first, &blob)
	if err == nil {
		openings, err = splitOpenings(blob)
	}
	if err == nil && seq-first >= int64(len(openings)) {
		err = audit.ErrNotOpening
	}
	if err != nil {
		return 0, nil, fmt.Errorf("read the openings of entry %d: %w", seq, err)
	}
	return first, openings, nil
}

// reader reads rows of one moment.
type reader interface {
	rowReader
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// heldLists are the lists under hold.
type heldLists struct {
	everything bool
	lists      map[audit.ListID]bool
}

func readHeld(ctx context.Context, q reader) (heldLists, error) {
	h := heldLists{lists: map[audit.ListID]bool{}}
	if err := q.row(ctx, `SELECT EXISTS (SELECT 1 FROM log_holds WHERE lifted_at IS NULL AND citizen IS NULL)`).Scan(&h.everything); err != nil {
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
		h.lists[audit.ListID(list)] = true
	}
	return h, found.Err()
}

// covers reports whether an opening is under hold: it begins with its list.
func (h heldLists) covers(opening []byte) bool {
	return h.everything || len(opening) >= len(audit.ListID{}) && h.lists[audit.ListID(opening[:len(audit.ListID{})])]
}

// Due implements audit.RetentionStore.
func (l Log) Due(ctx context.Context, correlationsBefore, openingsBefore time.Time) (due audit.Retained, err error) {
	for _, count := range []struct {
		of   removal
		than time.Time
		into *int
	}{{correlations(), correlationsBefore, &due.Correlations}, {wholeOpenings(), openingsBefore, &due.Openings}} {
		end, err := l.before(ctx, count.than)
		if err != nil {
			return due, err
		}
		err = l.db.snapshot(ctx, func(now snapshot) error {
			*count.into, _, err = count.of.run(ctx, now, end, int(end)+1, nil)
			return err
		})
		if err != nil {
			return due, fmt.Errorf("count what is too old: %w", err)
		}
	}
	older, err := l.before(ctx, openingsBefore)
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
	end, err := l.before(ctx, before)
	if err != nil {
		return 0, err
	}
	return l.remove(ctx, correlations(), end, limit)
}

// TimesAround implements audit.RetentionStore.
func (l Log) TimesAround(ctx context.Context, at time.Time) (last, next, newest time.Time, err error) {
	place, err := l.before(ctx, at)
	if err != nil {
		return last, next, newest, err
	}
	size, err := l.Size(ctx)
	if err != nil {
		return last, next, newest, err
	}
	last, err = l.timeOf(ctx, place-1)
	if err == nil && place < size {
		next, err = l.timeOf(ctx, place)
	}
	if err == nil {
		newest, err = l.timeOf(ctx, size-1)
	}
	return last, next, newest, err
}

// timeOf is when an entry was written; zero: it is not there.
func (l Log) timeOf(ctx context.Context, seq int64) (time.Time, error) {
	r, found, err := recordAt(ctx, l.db.read, seq)
	if err != nil || !found {
		return time.Time{}, err
	}
	leaf, err := audit.Decode(r.Leaf)
	if err != nil {
		return time.Time{}, fmt.Errorf("read log entry %d: %w", seq, err)
	}
	return leaf.Open.At, nil
}

// Prunable implements audit.RetentionStore.
func (l Log) Prunable(ctx context.Context, before time.Time) (older, allowed int64, err error) {
	if older, err = l.before(ctx, before); err != nil {
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
	end, err := l.before(ctx, before)
	if err != nil {
		return 0, err
	}
	allowed, err := l.allowed(ctx)
	if err != nil {
		return 0, err
	}
	return l.remove(ctx, wholeOpenings(), min(end, allowed), limit)
}

// remove does a removal in one transaction. The table of heads is brought up to date
// first: it is not told by openings that are gone.
func (l Log) remove(ctx context.Context, r removal, end int64, limit int) (int, error) {
	var removed int // the writer's, unless it says that it is done
	a := &act{settled: true, done: make(chan outcome, 1), do: func(ctx context.Context, t *tx) error {
		n, next, err := r.run(ctx, t, end, limit, func(first int64, openings []byte) error {
			return t.exec(ctx, `UPDATE log_openings SET openings = ? WHERE first = ?`, openings, first)
		})
		if err != nil {
			return err
		}
		removed = n
		return t.exec(ctx, `INSERT INTO log_retention (what, before) VALUES (?1, ?2)
			ON CONFLICT (what) DO UPDATE SET before = max(before, ?2)`, r.what, next)
	}}
	if _, err := l.db.writer.submit(ctx, a); err != nil {
		return 0, fmt.Errorf("remove what is too old: %w", err)
	}
	return removed, nil
}
