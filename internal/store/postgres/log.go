package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/store/logrows"
)

// Log is the audit log in this database: an audit.Appender and all its readers.
type Log struct {
	logrows.Reader

	read querier
	db   *DB
}

// Log returns the audit log.
func (db *DB) Log() Log { return Log{rowsIn(db.read), db.read, db} }

// Append implements audit.Appender. The guard is judged when the writer holds the lock of the
// log, so everything that any process committed before counts.
func (l Log) Append(ctx context.Context, g audit.Guard, entries ...audit.Entry) (audit.Written, error) {
	return l.db.appendEntries(ctx, g, changed{}, nil, entries)
}

// appendEntries writes entries and what goes with them, if the guard holds; with nil:
// nothing does.
func (db *DB) appendEntries(ctx context.Context, g audit.Guard, who changed, with func(context.Context, *tx, int64) error, entries []audit.Entry) (audit.Written, error) {
	if len(entries) == 0 {
		return audit.Written{}, fmt.Errorf("append to the audit log: %w: no entry was passed", audit.ErrInvalidEntry)
	}
	err := g.Admits(entries...)
	var a *act
	if err == nil {
		a, err = newAct(entries...)
	}
	var first int64
	if err == nil {
		a.guard, a.do, a.changes = g, with, who
		first, err = db.submit(ctx, a)
	}
	if err != nil {
		return audit.Written{}, fmt.Errorf("append to the audit log: %w", err)
	}
	return audit.Written{First: first, Count: len(entries)}, nil
}

// ListOf implements audit.Finder.
func (l Log) ListOf(ctx context.Context, ref citizen.Ref) (audit.ListID, error) {
	list, _, err := listOf(ctx, l.read, ref)
	if err != nil {
		return list, fmt.Errorf("find the list of a citizen: %w", err)
	}
	return list, nil
}

// listOf is the list of a citizen and its newest entry, or audit.ErrNoList.
func listOf(ctx context.Context, q querier, ref citizen.Ref) (list audit.ListID, last int64, err error) {
	var id []byte
	err = q.QueryRow(ctx, `SELECT list, last FROM log_heads WHERE citizen = $1`, string(ref)).Scan(&id, &last)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return list, 0, audit.ErrNoList
	case err != nil:
		return list, 0, err
	case len(id) != len(list):
		return list, 0, errors.New("not a list id")
	}
	return audit.ListID(id), last, nil
}

// Heads implements audit.Heads.
func (l Log) Heads(ctx context.Context, yield func(list audit.ListID, number, last int64)) (int64, error) {
	var size, number, last int64
	// One statement, so that all of it is of one moment.
	rows, err := l.read.Query(ctx, `SELECT e.size, h.list, h.number, h.last FROM log_head AS e LEFT JOIN log_heads AS h ON h.number > 0`)
	if err == nil {
		var id []byte
		var n, seq *int64
		_, err = pgx.ForEachRow(rows, []any{&size, &id, &n, &seq}, func() error {
			if id != nil {
				number, last = *n, *seq
				yield(audit.ListID(id), number, last)
			}
			return nil
		})
	}
	if err != nil {
		return 0, fmt.Errorf("read the ends of lists: %w", err)
	}
	return size, nil
}

// ReadHashes implements audit.Tree.
func (l Log) ReadHashes(ctx context.Context, indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		seq, offset := logrows.PlaceOfHash(index)
		var first int64
		err := l.read.QueryRow(ctx, `SELECT first FROM log_hashes WHERE first <= $1 ORDER BY first DESC LIMIT 1`, seq).Scan(&first)
		if err != nil {
			return nil, fmt.Errorf("find hashes of entry %d: %w", seq, err)
		}
		var hash []byte
		at := offset(first) + 1
		if at >= 1 {
			err = l.read.QueryRow(ctx, `SELECT substr(hashes, $1, $2) FROM log_hashes WHERE first = $3`, at, tlog.HashSize, first).Scan(&hash)
		}
		if err != nil {
			return nil, fmt.Errorf("read hashes of entry %d: %w", seq, err)
		}
		if len(hash) != tlog.HashSize {
			return nil, fmt.Errorf("read hashes of entry %d: hash %d is not stored", seq, index)
		}
		out[i] = tlog.Hash(hash)
	}
	return out, nil
}

// source implements logrows.Source.
type source struct{ querier }

// rowsIn reads the rows as a transaction sees them, or the newest that are committed.
func rowsIn(q querier) logrows.Reader { return logrows.Reader{Source: source{q}} }

// Size implements logrows.Source.
func (s source) Size(ctx context.Context) (size int64, err error) {
	if err := s.QueryRow(ctx, `SELECT size FROM log_head`).Scan(&size); err != nil {
		return 0, fmt.Errorf("read log size: %w", err)
	}
	return size, nil
}

// Row implements logrows.Source.
func (s source) Row(ctx context.Context, seq int64) (r logrows.Rows, found bool, err error) {
	err = s.QueryRow(ctx, `SELECT l.first, l.leaves, o.openings FROM log_leaves AS l LEFT JOIN log_openings AS o ON o.first = l.first
		WHERE l.first <= $1 ORDER BY l.first DESC LIMIT 1`, seq).Scan(&r.First, &r.Leaves, &r.Openings)
	if errors.Is(err, pgx.ErrNoRows) {
		return logrows.Rows{}, false, nil
	}
	return r, err == nil, err
}

// page is how many rows are read at a time: a row has up to 256 entries.
const page = 16

// The rows of entries that were committed together. A row that has lost its fellows is
// found too, forwards. $1 is one more than the sequence number of the last entry that was
// read, or at first of an entry; the rows that hold it come first.
const (
	rowsForwards = `SELECT s.first, l.leaves, h.hashes, o.openings FROM (
			(SELECT first FROM log_leaves WHERE first >= $1 ORDER BY first LIMIT $2) UNION
			(SELECT first FROM log_hashes WHERE first >= $1 ORDER BY first LIMIT $2)) AS s
		LEFT JOIN log_leaves AS l ON l.first = s.first
		LEFT JOIN log_hashes AS h ON h.first = s.first
		LEFT JOIN log_openings AS o ON o.first = s.first ORDER BY s.first LIMIT $2`
	rowsBackwards = `SELECT l.first, l.leaves, h.hashes, o.openings FROM log_leaves AS l
		LEFT JOIN log_hashes AS h ON h.first = l.first
		LEFT JOIN log_openings AS o ON o.first = l.first
		WHERE l.first <= $1 ORDER BY l.first DESC LIMIT $2`
)

// Each implements logrows.Source. It reads a few rows at a time and keeps no connection
// while they are used.
func (s source) Each(ctx context.Context, from int64, backwards bool, do func(logrows.Rows) (bool, error)) error {
	query := rowsBackwards
	if !backwards {
		query = rowsForwards
		err := s.QueryRow(ctx, `SELECT coalesce(max(first), $1) FROM log_leaves WHERE first <= $1`, from).Scan(&from)
		if err != nil {
			return fmt.Errorf("read log: %w", err)
		}
	}
	for limit := 1; ; limit = page { // most readers want one row
		found, err := collect(ctx, s, func(row pgx.CollectableRow) (r logrows.Rows, err error) {
			return r, row.Scan(&r.First, &r.Leaves, &r.Hashes, &r.Openings)
		}, query, from, limit)
		if err != nil {
			return fmt.Errorf("read log: %w", err)
		}
		for _, r := range found {
			if more, err := do(r); err != nil || !more {
				return err
			}
			if from = r.First + 1; backwards {
				from = r.First - 1
			}
		}
		if len(found) < limit {
			return nil
		}
	}
}

// Begin implements logrows.Source.
func (s source) Begin(ctx context.Context, seq, size int64) (first, next int64, at string, err error) {
	var text []byte
	err = s.QueryRow(ctx, `SELECT l.first, l.at, (SELECT coalesce(min(n.first), $2) FROM log_leaves AS n WHERE n.first > l.first)
		FROM log_leaves AS l WHERE l.first <= $1 ORDER BY l.first DESC LIMIT 1`, seq, size).Scan(&first, &text, &next)
	return first, next, string(text), err
}

// EndOf implements logrows.Source.
func (s source) EndOf(ctx context.Context, list audit.ListID) (seq int64, known bool, err error) {
	err = s.QueryRow(ctx, `SELECT last FROM log_heads WHERE list = $1`, list[:]).Scan(&seq)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, fmt.Errorf("find the end of a list: %w", err)
	}
	return seq, true, nil
}

// OpeningsRow implements logrows.OpeningsSource.
func (s source) OpeningsRow(ctx context.Context, seq int64) (first int64, openings []byte, err error) {
	err = s.QueryRow(ctx, `SELECT first, openings FROM log_openings WHERE first <= $1 ORDER BY first DESC LIMIT 1`, seq).Scan(&first, &openings)
	return first, openings, err
}
