package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
)

// querier reads: the writer's connection inside its transaction, or the pool of readers.
type querier interface {
	Query(ctx context.Context, query string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, query string, args ...any) pgx.Row
}

// tx is the writer's connection inside a transaction. Transactions are begun and ended in
// SQL, because BEGIN and COMMIT share their trips with other statements.
type tx struct{ *pgx.Conn }

func (t *tx) exec(ctx context.Context, query string, args ...any) error {
	_, err := t.Exec(ctx, query, args...)
	return err //nolint:wrapcheck // callers name the operation
}

// execCount returns how many rows were changed.
func (t *tx) execCount(ctx context.Context, query string, args ...any) (int64, error) {
	tag, err := t.Exec(ctx, query, args...)
	return tag.RowsAffected(), err //nolint:wrapcheck // callers name the operation
}

// send sends statements in one trip, each without a result.
func (t *tx) send(ctx context.Context, trip *pgx.Batch) error {
	if trip.Len() == 0 {
		return nil
	}
	return t.SendBatch(ctx, trip).Close() //nolint:wrapcheck // callers name the operation
}

// savepoint carries out one act so that its failure undoes only that act. failed is
// the act's own error; err means that the whole transaction is lost.
func (t *tx) savepoint(ctx context.Context, do func() error) (failed, err error) {
	if err := t.exec(ctx, `SAVEPOINT act`); err != nil {
		return nil, fmt.Errorf("savepoint: %w", err)
	}
	end := `RELEASE act`
	if failed = do(); failed != nil {
		end = `ROLLBACK TO act`
	}
	if err := t.exec(ctx, end); err != nil {
		return nil, fmt.Errorf("end an act: %w", errors.Join(failed, err))
	}
	return failed, nil
}

// commitError is what a failed last trip means, which ends with COMMIT. An error that the
// server reports ended the transaction before; after anything else, such as a connection
// that broke, it may have been committed.
func commitError(err error) error {
	var said *pgconn.PgError
	if errors.As(err, &said) && said.SeverityUnlocalized == "ERROR" {
		return fmt.Errorf("commit: %w", err)
	}
	return fmt.Errorf("commit: %w: %w", audit.ErrOutcomeUnknown, err)
}

// isText reports whether PostgreSQL can compare a text from outside. One that it cannot is
// the name of nothing.
func isText(s string) bool { return utf8.ValidString(s) && !strings.Contains(s, "\x00") }

// collect reads all rows of a query.
func collect[T any](ctx context.Context, q querier, one pgx.RowToFunc[T], query string, args ...any) ([]T, error) {
	rows, err := q.Query(ctx, query, args...)
	if err != nil {
		return nil, err //nolint:wrapcheck // callers name the operation
	}
	out, err := pgx.CollectRows(rows, one)
	if len(out) == 0 {
		return nil, err //nolint:wrapcheck // callers name the operation
	}
	return out, err //nolint:wrapcheck // callers name the operation
}
