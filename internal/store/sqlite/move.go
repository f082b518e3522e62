package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
)

// ErrMoved says that everything in this database was moved to another one, which the text
// names. Use that one; this one is not opened again, except to move it once more.
var ErrMoved = errors.New("everything in this database was moved")

// checkMoved refuses a database that was moved.
func checkMoved(ctx context.Context, q querier) error {
	target, err := movedTo(ctx, q)
	if err == nil && target != "" {
		err = fmt.Errorf("%w to %s: use that one; if \"aggregator store copy\" was interrupted, run it again first", ErrMoved, target)
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

// Moving is a database that is moved to another one. Nobody serves it meanwhile.
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

// Sealed reports whether it was moved before.
func (m *Moving) Sealed(ctx context.Context) (bool, error) {
	target, err := movedTo(ctx, m.db.read)
	return target != "", err
}

// Seal writes the entry about the move, and that this database is not served again, and has
// copyAll copy what there is with them. Nobody else writes meanwhile. An error of copyAll
// leaves the database as it was. Where it is sealed already it only has copyAll copy.
func (m *Moving) Seal(ctx context.Context, target string, e audit.Entry, copyAll func(*Sealing) error) error {
	sealed, err := m.Sealed(ctx)
	if err != nil {
		return err
	}
	seal, err := newAct()
	if err == nil && !sealed {
		err = seal.Write(e)
	}
	if err != nil {
		return fmt.Errorf("seal the database: %w", err)
	}
	seal.ByItself = true
	seal.then = func(_ context.Context, t *tx, first int64) error { // it can be interrupted, unlike other acts
		if !sealed {
			if err := t.exec(ctx, `INSERT INTO moved (one, target, entry) VALUES (1, ?, ?)`, target, first); err != nil {
				return fmt.Errorf("seal the database: %w", err)
			}
		}
		if err := settleHeads(ctx, t); err != nil {
			return err
		}
		end, err := readTree(ctx, t)
		if err != nil {
			return err
		}
		return copyAll(&Sealing{t.conn, end.edge, end.latest})
	}
	_, err = m.db.writer.queue.Submit(context.WithoutCancel(ctx), seal)
	return err
}

// Log is the log that is moved.
func (m *Moving) Log() Log { return m.db.Log() }

// Close ends the move.
func (m *Moving) Close() error { return m.db.Close() }

// Sealing is a database in the transaction that seals it.
type Sealing struct {
	conn   *sql.Conn
	End    audit.Edge // of the log, with the entry about the move
	Latest time.Time  // of that entry
}

// Tables are the tables to move with their columns, without what only this store needs.
func (s *Sealing) Tables(ctx context.Context) (map[string][]string, error) {
	rows, err := s.conn.QueryContext(ctx, `SELECT t.name, c.name FROM sqlite_schema AS t, pragma_table_xinfo(t.name) AS c
		WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' AND t.name NOT IN ('goose_db_version', 'log_heads_at', 'moved')
		AND c.hidden = 0`) // not those that are derived from others
	if err != nil {
		return nil, fmt.Errorf("list tables: %w", err)
	}
	defer func() { _ = rows.Close() }()
	tables := map[string][]string{}
	for rows.Next() {
		var table, column string
		if err := rows.Scan(&table, &column); err != nil {
			return nil, fmt.Errorf("list tables: %w", err)
		}
		tables[table] = append(tables[table], column)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list tables: %w", err)
	}
	return tables, nil
}

// Rows reads columns of a table, a row at a time. The table MUST have them: SQLite takes
// another name for a text. closeRows MUST be called.
func (s *Sealing) Rows(ctx context.Context, table string, columns []string) (next func() ([]any, error), closeRows func() error, err error) {
	query := `SELECT "` + strings.Join(columns, `", "`) + `" FROM "` + table + `"` //nolint:gosec // names of our own schema
	rows, err := s.conn.QueryContext(ctx, query)                                   //nolint:rowserrcheck,sqlclosecheck // next checks it, and the caller closes it
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
