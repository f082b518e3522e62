package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
)

// ErrMoved says that everything in this database was moved to another one, which the text
// names. Use that one; this one is not opened again, except to move it once more.
var ErrMoved = errors.New("everything in this database was moved")

// checkMoved refuses a database that was moved.
func checkMoved(ctx context.Context, q querier) error {
	target, err := movedTo(ctx, q)
	if err == nil && target != "" {
		err = fmt.Errorf("%w to %s", ErrMoved, target)
	}
	return err
}

func movedTo(ctx context.Context, q querier) (target string, err error) {
	err = q.QueryRowContext(ctx, `SELECT target FROM moved`).Scan(&target)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("read where the database was moved: %w", err)
	}
	return target, nil
}

// Moving is a database that is moved to another one. Nobody serves it meanwhile, nor later.
type Moving struct{ db *DB }

// OpenToMove takes the lock of the one server (ErrInUse) of a database that exists. It was
// not moved yet, or was moved to the same target and that was interrupted.
func OpenToMove(ctx context.Context, path, target string, o Options) (*Moving, error) {
	o.toMove = true
	db, err := open(ctx, path, o, true)
	if err != nil {
		return nil, err
	}
	to, err := movedTo(ctx, db.read)
	if err == nil && to != "" && to != target {
		err = fmt.Errorf("%w to %s", ErrMoved, to)
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &Moving{db}, nil
}

// Seal writes the entry about the move and that this database is not served again, both or
// neither; nothing where that is done. Then it brings the table of heads up to date.
func (m *Moving) Seal(ctx context.Context, target string, e audit.Entry) error {
	to, err := movedTo(ctx, m.db.read)
	if err != nil {
		return err
	}
	if to == "" {
		seal, err := newAct(e)
		if err != nil {
			return fmt.Errorf("seal the database: %w", err)
		}
		seal.ByItself = true
		seal.then = func(ctx context.Context, t *tx, first int64) error {
			return t.exec(ctx, `INSERT INTO moved (one, target, entry) VALUES (1, ?, ?)`, target, first)
		}
		if _, err := m.db.writer.queue.Submit(ctx, seal); err != nil {
			return fmt.Errorf("seal the database: %w", err)
		}
	}
	settle, err := newAct()
	if err != nil {
		return fmt.Errorf("seal the database: %w", err)
	}
	settle.settled, settle.ByItself = true, true
	if _, err := m.db.writer.queue.Submit(ctx, settle); err != nil {
		return fmt.Errorf("seal the database: %w", err)
	}
	return nil
}

// Log is the log that is moved.
func (m *Moving) Log() Log { return m.db.Log() }

// Tables are the tables to move, without what only this store needs.
func (m *Moving) Tables(ctx context.Context) ([]string, error) {
	rows, err := m.db.read.QueryContext(ctx, `SELECT name FROM sqlite_schema WHERE type = 'table'
		AND name NOT LIKE 'sqlite_%' AND name NOT IN ('goose_db_version', 'log_heads_at', 'moved') ORDER BY name`)
	if err != nil {
		return nil, fmt.Errorf("list tables: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, fmt.Errorf("list tables: %w", err)
		}
		out = append(out, name)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list tables: %w", err)
	}
	return out, nil
}

// Rows reads these columns of a table, a row at a time. close MUST be called.
func (m *Moving) Rows(ctx context.Context, table string, columns []string) (next func() ([]any, error), closeRows func() error, err error) {
	query := `SELECT "` + columns[0]
	for _, c := range columns[1:] {
		query += `", "` + c
	}
	rows, err := m.db.read.QueryContext(ctx, query+`" FROM "`+table+`"`) //nolint:rowserrcheck,sqlclosecheck // next checks it, and the caller closes it
	if err != nil {
		return nil, nil, fmt.Errorf("read %s: %w", table, err)
	}
	return func() ([]any, error) {
		if !rows.Next() {
			return nil, rows.Err()
		}
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		return values, rows.Scan(into...)
	}, rows.Close, nil
}

// Close ends the move.
func (m *Moving) Close() error { return m.db.Close() }
