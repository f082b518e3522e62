package postgres

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/store/logrows"
)

// ErrNotEmpty says that a database has rows, so that nothing can be moved into it. Name
// another one.
var ErrNotEmpty = errors.New("the database is not empty")

// Rows are what is moved into a database.
type Rows interface {
	// Tables are those that are moved, with their columns.
	Tables(ctx context.Context) (map[string][]string, error)
	// Rows reads columns of a table, a row at a time; nil: the end. closeRows MUST be called.
	Rows(ctx context.Context, table string, columns []string) (next func() ([]any, error), closeRows func() error, err error)
}

// column is one that values are moved into.
type column struct{ name, kind string }

// Filling is a transaction that moves everything into an empty database. Nothing is there
// before Commit.
type Filling struct {
	conn        *pgx.Conn
	transaction pgx.Tx
	db          *DB
}

// BeginToFill begins to fill a database that is open alone. The caller MUST Close it.
func (db *DB) BeginToFill(ctx context.Context) (*Filling, error) {
	conn, err := connect(ctx, withoutLimit(db.alone.Config()))
	if err != nil {
		return nil, err
	}
	transaction, err := conn.Begin(ctx)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("begin: %w", err), conn.Close(context.WithoutCancel(ctx)))
	}
	return &Filling{conn, transaction, db}, nil
}

// Close gives up what was not committed.
func (f *Filling) Close(ctx context.Context) error { return f.conn.Close(context.WithoutCancel(ctx)) }

// Commit makes everything be there, at once.
func (f *Filling) Commit(ctx context.Context) error {
	if err := f.transaction.Commit(ctx); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// Fill moves all rows, and verifies that the log that is there then is the one that is
// expected (ErrNotEmpty).
func (f *Filling) Fill(ctx context.Context, from Rows, end audit.Edge, latest time.Time) error {
	var size int64
	if err := f.transaction.QueryRow(ctx, `SELECT size FROM log_head FOR UPDATE`).Scan(&size); err != nil {
		return fmt.Errorf("lock the log: %w", err)
	}
	if size > 0 {
		return fmt.Errorf("%w: its log has %d entries", ErrNotEmpty, size)
	}
	tables, err := columnsToFill(ctx, f.transaction)
	if err != nil {
		return err
	}
	theirs, err := from.Tables(ctx)
	if err != nil {
		return err
	}
	if err := sameColumns(tables, theirs); err != nil {
		return err
	}
	for table := range tables {
		if err := emptyTable(ctx, f.transaction, table); err != nil {
			return err
		}
	}
	for _, table := range inOrder(slices.Sorted(maps.Keys(tables))) {
		if err := fillTable(ctx, f.transaction, from, table, tables[table]); err != nil {
			return fmt.Errorf("move %s: %w", table, err)
		}
	}
	_, err = f.transaction.Exec(ctx, `UPDATE log_head SET size = $1, latest = $2, edge = $3`, end.Size(), latest.UnixNano(), logrows.JoinHashes(end.Subtrees()))
	if err != nil {
		return fmt.Errorf("write where the log ends: %w", err)
	}
	moved, err := audit.Verify(ctx, Log{rowsIn(f.transaction), f.transaction, f.db})
	if err != nil {
		return fmt.Errorf("verify what was moved: %w", err)
	}
	if moved.Entries != end.Size() || moved.Root != end.Root() {
		return fmt.Errorf("verify what was moved: %d entries with another root than the %d that were expected", moved.Entries, end.Size())
	}
	return nil
}

func emptyTable(ctx context.Context, q querier, table string) error {
	var there bool
	if err := q.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM `+pgx.Identifier{table}.Sanitize()+`)`).Scan(&there); err != nil {
		return fmt.Errorf("look whether %s is empty: %w", table, err)
	}
	if there {
		return fmt.Errorf("%w: it has rows in %s", ErrNotEmpty, table)
	}
	return nil
}

// columnsToFill are the columns of all tables but those that only this store needs.
func columnsToFill(ctx context.Context, q querier) (map[string][]column, error) {
	tables := map[string][]column{}
	rows, err := q.Query(ctx, `SELECT table_name::text, column_name::text, data_type::text
		FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
		WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' AND is_generated = 'NEVER'
		AND table_name NOT IN ('goose_db_version', 'log_head', 'changes')
		ORDER BY table_name, ordinal_position`)
	if err == nil {
		var table string
		var c column
		_, err = pgx.ForEachRow(rows, []any{&table, &c.name, &c.kind}, func() error {
			tables[table] = append(tables[table], c)
			return nil
		})
	}
	if err != nil {
		return nil, fmt.Errorf("list columns: %w", err)
	}
	return tables, nil
}

// sameColumns requires that every column has a place, and every place a column.
func sameColumns(ours map[string][]column, theirs map[string][]string) error {
	for table, columns := range theirs {
		if ours[table] == nil {
			return fmt.Errorf("the new database has no table %s", table)
		}
		for _, name := range columns {
			if !slices.ContainsFunc(ours[table], func(c column) bool { return c.name == name }) {
				return fmt.Errorf("the new database has no column %s in table %s", name, table)
			}
		}
	}
	for table, columns := range ours {
		if theirs[table] == nil {
			return fmt.Errorf("the new database has a table %s that nothing is moved to: name a database that only this program uses", table)
		}
		for _, c := range columns {
			if !slices.Contains(theirs[table], c.name) {
				return fmt.Errorf("the new database has a column %s in table %s that nothing is moved to", c.name, table)
			}
		}
	}
	return nil
}

// inOrder puts tables behind those that they refer to.
func inOrder(tables []string) []string {
	first := []string{"subjects", "histories"}
	return append(first, slices.DeleteFunc(slices.Clone(tables), func(t string) bool { return slices.Contains(first, t) })...)
}

func fillTable(ctx context.Context, t pgx.Tx, from Rows, table string, columns []column) (err error) {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.name
	}
	next, closeRows, err := from.Rows(ctx, table, names)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeRows()) }()
	sent, there := int64(0), int64(0)
	_, err = t.CopyFrom(ctx, pgx.Identifier{table}, names, pgx.CopyFromFunc(func() ([]any, error) {
		row, err := next()
		if err != nil || row == nil {
			return nil, err
		}
		for i, c := range columns {
			if row[i], err = valueFor(c, row[i]); err != nil {
				return nil, err
			}
		}
		sent++
		return row, nil
	}))
	if err == nil {
		err = t.QueryRow(ctx, `SELECT count(*) FROM `+pgx.Identifier{table}.Sanitize()).Scan(&there)
	}
	if err == nil && there != sent {
		err = fmt.Errorf("%d rows are there of %d", there, sent)
	}
	return err //nolint:wrapcheck // the caller says which table
}

// valueFor is a value as a column of PostgreSQL takes it.
func valueFor(c column, value any) (any, error) {
	switch v := value.(type) {
	case nil:
		return nil, nil //nolint:nilnil // NULL
	case string:
		if c.kind == "bytea" {
			return []byte(v), nil
		}
		if !isText(v) {
			return nil, fmt.Errorf("column %s: PostgreSQL cannot keep this text", c.name)
		}
		return v, nil
	case []byte:
		if c.kind == "bytea" {
			return v, nil
		}
	case int64:
		switch c.kind {
		case "bigint", "integer":
			return v, nil
		case "boolean":
			return v != 0, nil
		}
	}
	return nil, fmt.Errorf("column %s: a value of type %T does not fit %s", c.name, value, c.kind)
}
