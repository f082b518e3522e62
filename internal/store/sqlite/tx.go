package sqlite

import (
	"context"
	"database/sql"
	sqldriver "database/sql/driver"
	"errors"
	"fmt"

	driver "modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
)

// tx is the writer's connection with its prepared statements. Transactions are
// begun and ended in SQL, because database/sql knows neither IMMEDIATE nor savepoints.
type tx struct {
	conn       *sql.Conn
	statements map[string]*sql.Stmt
}

// prepared returns the statement for a query, prepared once for the connection.
func (t *tx) prepared(ctx context.Context, query string) (*sql.Stmt, error) {
	if s := t.statements[query]; s != nil {
		return s, nil
	}
	s, err := t.conn.PrepareContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("prepare: %w", err)
	}
	t.statements[query] = s
	return s, nil
}

func (t *tx) exec(ctx context.Context, query string, args ...any) error {
	_, err := t.execCount(ctx, query, args...)
	return err
}

// execCount returns how many rows were changed.
func (t *tx) execCount(ctx context.Context, query string, args ...any) (int64, error) {
	s, err := t.prepared(ctx, query) //nolint:sqlclosecheck // closed with the connection
	if err != nil {
		return 0, err
	}
	r, err := s.ExecContext(ctx, args...)
	if err != nil {
		return 0, err //nolint:wrapcheck // callers name the operation
	}
	return r.RowsAffected() //nolint:wrapcheck // never fails in this driver
}

func (t *tx) row(ctx context.Context, query string, args ...any) scanner {
	s, err := t.prepared(ctx, query) //nolint:sqlclosecheck // closed with the connection
	if err != nil {
		return failedRow{err}
	}
	return s.QueryRowContext(ctx, args...)
}

// QueryContext reads rows.
func (t *tx) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return t.conn.QueryContext(ctx, query, args...) //nolint:wrapcheck // callers name the operation
}

type scanner interface{ Scan(dest ...any) error }

type failedRow struct{ err error }

// Scan returns the error that kept the row from being read.
func (r failedRow) Scan(...any) error { return r.err }

// savepoint carries out one act so that its failure undoes only that act. failed is
// the act's own error; err means that the whole transaction is lost.
func (t *tx) savepoint(ctx context.Context, do func(context.Context, *tx) error) (failed, err error) {
	if err := t.exec(ctx, `SAVEPOINT act`); err != nil {
		return nil, fmt.Errorf("savepoint: %w", err)
	}
	failed = do(ctx, t)
	if failed != nil {
		if fatal(failed) {
			return nil, failed
		}
		if err := t.exec(ctx, `ROLLBACK TO act`); err != nil {
			return nil, fmt.Errorf("roll back an act: %w", errors.Join(failed, err))
		}
	}
	if err := t.exec(ctx, `RELEASE act`); err != nil {
		return nil, fmt.Errorf("release savepoint: %w", err)
	}
	return failed, nil
}

// fatal reports whether SQLite may have undone the whole transaction by itself
// (sqlite.org/lang_transaction.html, "Response to errors within a transaction").
func fatal(err error) bool {
	var e *driver.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Code() & 0xff {
	case lib.SQLITE_FULL, lib.SQLITE_IOERR, lib.SQLITE_NOMEM, lib.SQLITE_BUSY, lib.SQLITE_INTERRUPT,
		lib.SQLITE_CORRUPT, lib.SQLITE_READONLY, lib.SQLITE_CANTOPEN, lib.SQLITE_NOTADB:
		return true
	}
	return false
}

// commitError is what a failed COMMIT means. SQLite refuses one with these codes
// before it writes the commit; after any other the frames may be on disk, and a
// crash before the next commit would bring them back.
func commitError(err error) error {
	var e *driver.Error
	if errors.As(err, &e) {
		switch e.Code() & 0xff {
		case lib.SQLITE_BUSY, lib.SQLITE_FULL, lib.SQLITE_CONSTRAINT:
			return fmt.Errorf("commit: %w", err)
		}
	}
	return fmt.Errorf("commit: %w: %w", audit.ErrOutcomeUnknown, err)
}

// rollback ends a transaction that failed; that none is open is no error.
func (t *tx) rollback(ctx context.Context) error {
	err := t.exec(ctx, `ROLLBACK`)
	var e *driver.Error
	if errors.As(err, &e) && e.Code() == lib.SQLITE_ERROR { // "no transaction is active"
		return nil
	}
	return err
}

// close ends the connection for good: a broken one must not go back to the pool.
func (t *tx) close() {
	for _, s := range t.statements {
		_ = s.Close() // repeats the error of the statement's last run
	}
	_ = t.conn.Raw(func(any) error { return sqldriver.ErrBadConn })
}

// reconnect makes sure that the writer has its connection.
func (w *writer) reconnect(ctx context.Context) error {
	if w.tx != nil {
		return nil
	}
	conn, err := w.pool.Conn(ctx)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	w.tx = &tx{conn: conn, statements: map[string]*sql.Stmt{}}
	w.tree = nil
	w.dataVersion = -1 // equal to no version: every projection is dropped
	return w.noticeForeignWrites(ctx)
}

func (w *writer) disconnect() {
	if w.tx == nil {
		return
	}
	w.tx.close()
	w.tx = nil
}
