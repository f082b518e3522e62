package postgres

import (
	"context"
	"errors"
	"fmt"
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
	// Tables are those that have rows to move.
	Tables(ctx context.Context) ([]string, error)
	// Rows reads columns of a table, a row at a time; nil: the end. closeRows MUST be called.
	Rows(ctx context.Context, table string, columns []string) (next func() ([]any, error), closeRows func() error, err error)
}

// column is one that values are moved into.
type column struct{ name, kind string }

// Fill moves all rows into a database that is empty and open alone, in one transaction that
// is committed once the log in it is verified and is the one that is expected.
func (db *DB) Fill(ctx context.Context, from Rows, end audit.Edge, latest time.Time) (err error) {
	config := withoutLimit(db.alone.Config())
	conn, err := connect(ctx, config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	transaction, err := conn.Begin(ctx)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	tables, err := columnsToFill(ctx, transaction)
	if err != nil {
		return err
	}
	theirs, err := from.Tables(ctx)
	if err != nil {
		return err
	}
	if err := sameTables(tables, theirs); err != nil {
		return err
	}
	for _, table := range inOrder(theirs) {
		if err := fillTable(ctx, transaction, from, table, tables[table]); err != nil {
			return fmt.Errorf("move %s: %w", table, err)
		}
	}
	changed, err := transaction.Exec(ctx, `UPDATE log_head SET size = $1, latest = $2, edge = $3 WHERE size = 0`,
		end.Size(), latest.UnixNano(), logrows.JoinHashes(end.Subtrees()))
	if err == nil && changed.RowsAffected() != 1 {
		err = ErrNotEmpty
	}
	if err != nil {
		return fmt.Errorf("write where the log ends: %w", err)
	}
	moved, err := audit.Verify(ctx, Log{rowsIn(transaction), transaction, db})
	if err != nil {
		return fmt.Errorf("verify what was moved: %w", err)
	}
	if moved.Entries != end.Size() || moved.Root != end.Root() {
		return fmt.Errorf("verify what was moved: %d entries with another root than the %d that were expected", moved.Entries, end.Size())
	}
	if err := transaction.Commit(ctx); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// Empty reports, as ErrNotEmpty, rows in any table.
func (db *DB) Empty(ctx context.Context) error {
	tables, err := columnsToFill(ctx, db.read)
	if err != nil {
		return err
	}
	for table := range tables {
		if err := emptyTable(ctx, db.read, table); err != nil {
			return err
		}
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
	rows, err := q.Query(ctx, `SELECT table_name::text, column_name::text, data_type::text FROM information_schema.columns
		WHERE table_schema = current_schema() AND is_generated = 'NEVER' AND table_name NOT IN ('goose_db_version', 'log_head', 'changes')
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

func sameTables(ours map[string][]column, theirs []string) error {
	for _, name := range theirs {
		if ours[name] == nil {
			return fmt.Errorf("table %s has no place here", name)
		}
	}
	if len(ours) != len(theirs) {
		return fmt.Errorf("%d tables are there, %d here", len(theirs), len(ours))
	}
	return nil
}

// inOrder puts tables behind those that they refer to.
func inOrder(tables []string) []string {
	first := []string{"subjects", "histories"}
	return append(first, slices.DeleteFunc(slices.Clone(tables), func(t string) bool { return slices.Contains(first, t) })...)
}

func fillTable(ctx context.Context, t pgx.Tx, from Rows, table string, columns []column) (err error) {
	if err := emptyTable(ctx, t, table); err != nil {
		return err
	}
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.name
	}
	next, closeRows, err := from.Rows(ctx, table, names)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeRows()) }()
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
		return row, nil
	}))
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
