package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
)

// notHeld excludes rows under hold from a deletion, which the triggers would refuse.
const notHeld = `NOT EXISTS (SELECT 1 FROM log_holds AS h WHERE h.lifted_at IS NULL AND (h.citizen IS NULL OR h.citizen = e.citizen))`

// lastOlder is the place of the newest entry older than a time; -1 if there
// is none. The clock can have gone back, so an older entry may come after it; a later
// run removes that one.
func (l Log) lastOlder(ctx context.Context, than time.Time) (int64, error) {
	var seq int64
	err := l.db.read.QueryRowContext(ctx, `SELECT seq FROM log_entries WHERE at < ? ORDER BY at DESC, seq DESC LIMIT 1`,
		audit.LeafTime(than)).Scan(&seq)
	if errors.Is(err, sql.ErrNoRows) {
		return -1, nil
	}
	if err != nil {
		return 0, fmt.Errorf("find the newest entry that is old enough: %w", err)
	}
	return seq, nil
}

// dueCorrelations are the ids that may go, dueBodies the entries whose body may.
const (
	dueCorrelations = `FROM log_correlations AS c LEFT JOIN log_entries AS e ON e.seq = c.seq
		WHERE c.seq <= ? AND (e.seq IS NULL OR e.at < ?) AND ` + notHeld
	dueBodies = `FROM log_entries AS e WHERE e.seq < ? AND e.at < ? AND ` + notHeld
)

// Due implements audit.RetentionStore.
func (l Log) Due(ctx context.Context, correlations, bodies time.Time) (due audit.Retained, err error) {
	for _, count := range []struct {
		what  string
		than  time.Time
		extra int64
		into  *int
	}{{dueCorrelations, correlations, 0, &due.Correlations}, {dueBodies, bodies, 1, &due.Bodies}} {
		last, err := l.lastOlder(ctx, count.than)
		if err != nil {
			return due, err
		}
		if err := l.db.read.QueryRowContext(ctx, `SELECT count(*) `+count.what, last+count.extra, audit.LeafTime(count.than)).Scan(count.into); err != nil {
			return due, fmt.Errorf("count what is too old: %w", err)
		}
	}
	return due, nil
}

// ForgetCorrelations implements audit.RetentionStore.
func (l Log) ForgetCorrelations(ctx context.Context, before time.Time, limit int) (int, error) {
	last, err := l.lastOlder(ctx, before)
	if err != nil || last < 0 {
		return 0, err
	}
	return l.remove(ctx, `DELETE FROM log_correlations WHERE seq IN (SELECT c.seq `+dueCorrelations+` ORDER BY c.seq LIMIT ?)`,
		last, audit.LeafTime(before), limit)
}

// Prunable implements audit.RetentionStore.
func (l Log) Prunable(ctx context.Context, before time.Time) (int64, error) {
	last, err := l.lastOlder(ctx, before)
	if err != nil || last < 0 {
		return 0, err
	}
	var allowed int64
	if err := l.db.read.QueryRowContext(ctx, `SELECT coalesce(max(before), 0) FROM log_prunings`).Scan(&allowed); err != nil {
		return 0, fmt.Errorf("read prunings: %w", err)
	}
	if last < allowed {
		return 0, nil
	}
	return last + 1, nil
}

// AllowPruning implements audit.RetentionStore.
func (l Log) AllowPruning(ctx context.Context, e audit.Entry) error {
	_, err := l.db.perform(ctx, func(ctx context.Context, t *tx) error {
		allowed, err := t.execCount(ctx, `INSERT OR IGNORE INTO log_prunings (before)
			SELECT ?1 WHERE ?1 <= (SELECT coalesce(max(seq) + 1, 0) FROM log_hashes)`, e.Before)
		if err == nil && allowed == 0 {
			err = fmt.Errorf("%w: nothing to prune before entry %d", audit.ErrInvalidEntry, e.Before)
		}
		return err
	}, e)
	if err != nil {
		return fmt.Errorf("allow pruning: %w", err)
	}
	return nil
}

// Prune implements audit.RetentionStore.
func (l Log) Prune(ctx context.Context, before time.Time, limit int) (int, error) {
	var allowed int64
	if err := l.db.read.QueryRowContext(ctx, `SELECT coalesce(max(before), 0) FROM log_prunings`).Scan(&allowed); err != nil {
		return 0, fmt.Errorf("read prunings: %w", err)
	}
	return l.remove(ctx, `DELETE FROM log_entries WHERE seq IN (SELECT e.seq `+dueBodies+` ORDER BY e.seq LIMIT ?)`,
		allowed, audit.LeafTime(before), limit)
}

func (l Log) remove(ctx context.Context, query string, args ...any) (int, error) {
	var removed int64
	_, err := l.db.perform(ctx, func(ctx context.Context, t *tx) (err error) {
		removed, err = t.execCount(ctx, query, args...)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("remove what is too old: %w", err)
	}
	return int(removed), nil
}
