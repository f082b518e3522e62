package sqlite

import (
	"context"
	"database/sql"
	"errors"
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

// Size implements audit.Tree.
func (l Log) Size(ctx context.Context) (int64, error) { return logSize(ctx, l.db.read) }

// ReadHashes implements audit.Tree.
func (l Log) ReadHashes(ctx context.Context, indexes []int64) ([]tlog.Hash, error) {
	return readHashes(ctx, l.db.read, indexes)
}

// Records implements audit.Records.
func (l Log) Records(ctx context.Context, after int64, limit int) ([]audit.Record, error) {
	var out []audit.Record
	err := eachRows(ctx, l.db.read, after+1, false, func(r rows) (bool, error) {
		found, err := r.records(nil)
		for _, record := range found {
			if record.Seq > after && len(out) < limit {
				out = append(out, record)
			}
		}
		return len(out) < limit, err
	})
	return out, err
}

// recordAt reads the entry of that number, without its hashes; false: not found.
func recordAt(ctx context.Context, q querier, seq int64) (record audit.Record, found bool, err error) {
	var r rows
	err = q.QueryRowContext(ctx, oneRow, seq).Scan(&r.first, &r.leaves, &r.openings)
	if errors.Is(err, sql.ErrNoRows) {
		return audit.Record{}, false, nil
	}
	if err != nil {
		return audit.Record{}, false, fmt.Errorf("read log entry %d: %w", seq, err)
	}
	return r.one(seq)
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

// eachRows goes through the rows from the one that holds an entry, until do returns false.
func eachRows(ctx context.Context, q querier, from int64, backwards bool, do func(rows) (bool, error)) error {
	query := rowsForwards
	if backwards {
		query = rowsBackwards
	}
	found, err := q.QueryContext(ctx, query, from)
	if err != nil {
		return fmt.Errorf("read log: %w", err)
	}
	defer func() { _ = found.Close() }()
	for found.Next() {
		var r rows
		if err := found.Scan(&r.first, &r.leaves, &r.hashes, &r.openings); err != nil {
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
