package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/store/logrows"
)

// Log is the audit log in this database: an audit.Appender and all its readers.
type Log struct {
	logrows.Reader

	db *DB
}

// Log returns the audit log.
func (db *DB) Log() Log { return Log{logrows.Reader{Source: source{db.read, db}}, db} }

// Append implements audit.Appender. The guard is judged when the writer reaches
// this act, so the acts before it in the same transaction count.
func (l Log) Append(ctx context.Context, g audit.Guard, entries ...audit.Entry) (audit.Written, error) {
	return l.db.appendEntries(ctx, g, nil, entries)
}

// appendEntries writes entries and what goes with them, if the guard holds; with nil:
// nothing does.
func (db *DB) appendEntries(ctx context.Context, g audit.Guard, with func(context.Context, *tx) error, entries []audit.Entry) (audit.Written, error) {
	if len(entries) == 0 {
		return audit.Written{}, fmt.Errorf("append to the audit log: %w: no entry was passed", audit.ErrInvalidEntry)
	}
	do := with
	if !g.IsZero() {
		do = func(ctx context.Context, t *tx) error {
			if err := t.judge(ctx, g, db.now); err != nil || with == nil {
				return err
			}
			return with(ctx, t)
		}
	}
	first, err := db.performGuarded(ctx, g, do, entries...)
	if err != nil {
		return audit.Written{}, fmt.Errorf("append to the audit log: %w", err)
	}
	return audit.Written{First: first, Count: len(entries)}, nil
}

// ReadHashes implements audit.Tree.
func (l Log) ReadHashes(ctx context.Context, indexes []int64) ([]tlog.Hash, error) {
	return readHashes(ctx, l.db.read, indexes)
}

// oneRow are the leaves and the openings of the row that holds an entry.
const oneRow = `SELECT l.first, l.leaves, o.openings FROM log_leaves AS l LEFT JOIN log_openings AS o ON o.first = l.first
	WHERE l.first = (SELECT max(first) FROM log_leaves WHERE first <= ?)`

// The rows of entries that were committed together. A row that has lost its fellows is
// found too. ?1 is one more than the sequence number of an entry; the rows that hold it
// come first.
const (
	joinedRows = `SELECT s.first, l.leaves, h.hashes, o.openings FROM (
			SELECT first FROM log_leaves UNION SELECT first FROM log_hashes) AS s
		LEFT JOIN log_leaves AS l ON l.first = s.first
		LEFT JOIN log_hashes AS h ON h.first = s.first
		LEFT JOIN log_openings AS o ON o.first = s.first `
	rowsForwards = joinedRows + `WHERE s.first >= coalesce((SELECT max(first) FROM log_leaves WHERE first <= ?1), ?1) ORDER BY s.first`
	// A union is not read backwards, so this one finds only rows that have leaves.
	rowsBackwards = `SELECT l.first, l.leaves, h.hashes, o.openings FROM log_leaves AS l
		LEFT JOIN log_hashes AS h ON h.first = l.first
		LEFT JOIN log_openings AS o ON o.first = l.first
		WHERE l.first <= ?1 ORDER BY l.first DESC`
)

// source implements logrows.Source.
type source struct {
	querier

	db *DB // nil in the writer's transaction, which follows no list
}

// rowsIn reads the rows as a transaction sees them.
func rowsIn(t *tx) logrows.Reader { return logrows.Reader{Source: source{t.conn, nil}} }

// Size implements logrows.Source.
func (s source) Size(ctx context.Context) (int64, error) { return logSize(ctx, s) }

// Row implements logrows.Source.
func (s source) Row(ctx context.Context, seq int64) (r logrows.Rows, found bool, err error) {
	err = s.QueryRowContext(ctx, oneRow, seq).Scan(&r.First, &r.Leaves, &r.Openings)
	if errors.Is(err, sql.ErrNoRows) {
		return logrows.Rows{}, false, nil
	}
	return r, err == nil, err
}

// Each implements logrows.Source.
func (s source) Each(ctx context.Context, from int64, backwards bool, do func(logrows.Rows) (bool, error)) error {
	query := rowsForwards
	if backwards {
		query = rowsBackwards
	}
	found, err := s.QueryContext(ctx, query, from)
	if err != nil {
		return fmt.Errorf("read log: %w", err)
	}
	defer func() { _ = found.Close() }()
	for found.Next() {
		var r logrows.Rows
		if err := found.Scan(&r.First, &r.Leaves, &r.Hashes, &r.Openings); err != nil {
			return fmt.Errorf("read log: %w", err)
		}
		if more, err := do(r); err != nil || !more {
			return err
		}
	}
	if err := found.Err(); err != nil {
		return fmt.Errorf("read log: %w", err)
	}
	return nil
}

// Begin implements logrows.Source.
func (s source) Begin(ctx context.Context, seq, size int64) (first, next int64, at string, err error) {
	err = s.QueryRowContext(ctx, `SELECT l.first, l.at, (SELECT coalesce(min(n.first), ?2) FROM log_leaves AS n WHERE n.first > l.first)
		FROM log_leaves AS l WHERE l.first <= ?1 ORDER BY l.first DESC LIMIT 1`, seq, size).Scan(&first, &at, &next)
	return first, next, at, err
}

// EndOf implements logrows.Source.
func (s source) EndOf(ctx context.Context, list audit.ListID) (seq int64, known bool, err error) {
	err = s.db.snapshot(ctx, func(now snapshot) error {
		var end head
		if end, known, err = tableEnd(ctx, now, list); err != nil || !known {
			return err
		}
		seq = end.last
		return eachLaterOpening(ctx, now, func(at int64, of audit.ListID, _ int64) {
			if of == list {
				seq = at
			}
		})
	})
	if err != nil {
		return 0, false, fmt.Errorf("find the end of a list: %w", err)
	}
	return seq, known, nil
}
