package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// ErrInUse says that services run on this database, or a command that must have it to
// itself. Stop those first.
var ErrInUse = errors.New("another process serves this database")

// serving is the advisory lock that services share, and that a command holds which must have
// the database to itself.
const serving = 0x6361_7265_7365_7276 // "careserv"

// present says that this process serves, until the connection ends.
func present(ctx context.Context, conn *pgx.Conn) error {
	return tryLock(ctx, conn, `SELECT pg_try_advisory_lock_shared($1)`)
}

func tryLock(ctx context.Context, conn *pgx.Conn, query string) error {
	var locked bool
	if err := conn.QueryRow(ctx, query, int64(serving)).Scan(&locked); err != nil {
		return fmt.Errorf("say that this process serves: %w", err)
	}
	if !locked {
		return ErrInUse
	}
	return nil
}

// OpenAlone opens a database for a command while no service runs on it, and lets none begin
// until it is closed (ErrInUse). It migrates.
func OpenAlone(ctx context.Context, url string, o Options) (_ *DB, err error) {
	config, err := parse(url)
	if err != nil {
		return nil, err
	}
	conn, err := connect(ctx, config.ConnConfig)
	if err != nil {
		return nil, err
	}
	err = tryLock(ctx, conn, `SELECT pg_try_advisory_lock($1)`)
	var db *DB
	if err == nil {
		err = prepare(ctx, config.ConnConfig, withDefaults(o).Logger, true)
	}
	if err == nil {
		db, err = open(ctx, url, o, false)
	}
	if err != nil {
		return nil, errors.Join(err, conn.Close(ctx))
	}
	db.alone = conn
	return db, nil
}
