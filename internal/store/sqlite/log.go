package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
)

// Log is the audit log in this database: an audit.Appender and all its readers.
type Log struct{ db *DB }

// Log returns the audit log.
func (db *DB) Log() Log { return Log{db} }

// Append implements audit.Appender. The guard is judged when the writer reaches
// this act, so the acts before it in the same transaction count.
func (l Log) Append(ctx context.Context, g audit.Guard, entries ...audit.Entry) (audit.Written, error) {
	if len(entries) == 0 {
		return audit.Written{}, fmt.Errorf("append to the audit log: %w: no entry was passed", audit.ErrInvalidEntry)
	}
	var judge func(context.Context, *tx) error
	if !g.IsZero() {
		judge = func(ctx context.Context, t *tx) error { return t.judge(ctx, g, l.db.now) }
	}
	first, err := l.db.performGuarded(ctx, g, judge, entries...)
	if err != nil {
		return audit.Written{}, fmt.Errorf("append to the audit log: %w", err)
	}
	return audit.Written{First: first, Count: len(entries)}, nil
}

// Size implements audit.Tree.
func (l Log) Size(ctx context.Context) (int64, error) {
	var size int64
	if err := l.db.read.QueryRowContext(ctx, sizeQuery).Scan(&size); err != nil {
		return 0, fmt.Errorf("read log size: %w", err)
	}
	return size, nil
}

// ReadHashes implements audit.Tree.
func (l Log) ReadHashes(ctx context.Context, indexes []int64) ([]tlog.Hash, error) {
	return readHashes(ctx, l.db.read, indexes)
}

// Records implements audit.Records.
func (l Log) Records(ctx context.Context, after int64, limit int) ([]audit.Record, error) {
	return l.records(ctx, `
		SELECT s.seq, e.leaf, h.hashes, c.salt, c.id
		FROM (SELECT seq FROM log_entries WHERE seq > ?1 UNION SELECT seq FROM log_hashes WHERE seq > ?1
		      ORDER BY seq LIMIT ?2) AS s
		LEFT JOIN log_entries AS e ON e.seq = s.seq
		LEFT JOIN log_hashes AS h ON h.seq = s.seq
		LEFT JOIN log_correlations AS c ON c.seq = s.seq
		ORDER BY s.seq`, after, limit)
}

func (l Log) records(ctx context.Context, query string, args ...any) ([]audit.Record, error) {
	rows, err := l.db.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("read log: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []audit.Record
	for rows.Next() {
		r, err := scanRecord(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read log: %w", err)
	}
	return out, nil
}

// scanRecord reads seq, leaf, hashes, salt and correlation id.
func scanRecord(rows *sql.Rows) (audit.Record, error) {
	var (
		r            audit.Record
		leaf, id     sql.NullString
		hashes, salt []byte
	)
	if err := rows.Scan(&r.Seq, &leaf, &hashes, &salt, &id); err != nil {
		return audit.Record{}, fmt.Errorf("read log entry: %w", err)
	}
	if leaf.Valid {
		r.Leaf = []byte(leaf.String)
	}
	if hashes != nil {
		var err error
		if r.Hashes, err = splitHashes(hashes); err != nil {
			return audit.Record{}, fmt.Errorf("read hashes of entry %d: %w", r.Seq, err)
		}
	}
	if id.Valid {
		c := audit.Correlation{ID: id.String}
		copy(c.Salt[:], salt)
		r.Correlation = &c
	}
	return r, nil
}
