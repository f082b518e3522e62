package postgres

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Errors of opening a database.
var (
	// ErrSchema says that the database was written by another version of this
	// program. A newer one: run that program. An older one, beside a service: start
	// the service first, which migrates.
	ErrSchema = errors.New("database schema is of another version")
	// ErrUnsafe says that the server is set up so that what it acknowledged can be lost.
	// The operator has to change the setting that the text names.
	ErrUnsafe = errors.New("the PostgreSQL server does not keep what it acknowledges")
)

// oldest is the oldest version of PostgreSQL that is supported: 14.
const oldest = 140000

// prepare looks at the server, and brings the schema up to this program's; for a command
// it only checks. Several processes can start at a time: one migrates.
func prepare(ctx context.Context, config *pgx.ConnConfig, log *slog.Logger, apply bool) error {
	conn, err := connect(ctx, config)
	if err != nil {
		return err
	}
	err = checkServer(ctx, conn, log, apply)
	if err = errors.Join(err, conn.Close(ctx)); err != nil {
		return err
	}
	db := stdlib.OpenDB(*withoutLimit(config))
	return errors.Join(migrate(ctx, db, log, apply), db.Close())
}

// Reach reports whether the server that a URL names is there, lets this program in, and
// keeps what it acknowledges (ErrUnsafe). It changes nothing.
func Reach(ctx context.Context, url string) error {
	config, err := parse(url)
	if err != nil {
		return err
	}
	conn, err := connect(ctx, config.ConnConfig)
	if err != nil {
		return err
	}
	return errors.Join(checkServer(ctx, conn, slog.New(slog.DiscardHandler), false), conn.Close(ctx))
}

// withoutLimit is for migrations and moves, which may take long, whatever limits the database
// or its role has.
func withoutLimit(config *pgx.ConnConfig) *pgx.ConnConfig {
	c := config.Copy()
	c.RuntimeParams["statement_timeout"] = "0"
	c.RuntimeParams["idle_in_transaction_session_timeout"] = "0"
	return c
}

// checkServer refuses a server that can lose what it acknowledged, or that takes no writes.
func checkServer(ctx context.Context, conn *pgx.Conn, log *slog.Logger, serve bool) error {
	var version int
	var standby bool
	var synchronised string
	settings := map[string]*string{"fsync": new(string), "full_page_writes": new(string), "synchronous_commit": new(string)}
	err := conn.QueryRow(ctx, `SELECT current_setting('server_version_num')::int, pg_is_in_recovery(), current_setting('synchronous_standby_names'),
		current_setting('fsync'), current_setting('full_page_writes'), current_setting('synchronous_commit')`).
		Scan(&version, &standby, &synchronised, settings["fsync"], settings["full_page_writes"], settings["synchronous_commit"])
	switch {
	case err != nil:
		return fmt.Errorf("read the settings of the server: %w", err)
	case version < oldest:
		return fmt.Errorf("the PostgreSQL server is of version %d: want 14 or newer", version/10000)
	case standby:
		return errors.New("the PostgreSQL server is a standby, which takes no writes: name the primary")
	}
	for _, name := range []string{"fsync", "full_page_writes", "synchronous_commit"} {
		if *settings[name] == "off" {
			return fmt.Errorf("%w: %s is off; turn it on", ErrUnsafe, name)
		}
	}
	if serve && synchronised == "" {
		log.LogAttrs(ctx, slog.LevelWarn, "PostgreSQL has no synchronous standby: if this server is lost, so is what was written last")
	}
	return nil
}

// migrate brings the schema up to this program's, under a lock; for a command it only checks.
func migrate(ctx context.Context, db *sql.DB, log *slog.Logger, apply bool) error {
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return fmt.Errorf("find migrations: %w", err)
	}
	one, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	p, err := goose.NewProvider(goose.DialectPostgres, db, dir, goose.WithDisableGlobalRegistry(true), goose.WithSessionLocker(one))
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	have, want, err := versions(ctx, db, p)
	if apply && err == nil && have < want {
		var done []*goose.MigrationResult
		if done, err = p.Up(ctx); err != nil {
			return fmt.Errorf("migrate: %w", err)
		}
		for _, m := range done {
			log.LogAttrs(ctx, slog.LevelInfo, "migrated", slog.Int64("version", m.Source.Version))
		}
		have, want, err = versions(ctx, db, p)
	}
	switch {
	case err != nil:
		return err
	case have == 0:
		return fmt.Errorf("%w: it has no tables yet; start the service, which makes them", ErrSchema)
	case have == want+1: // a newer replica has migrated; migrations leave what the version before needs
		log.LogAttrs(ctx, slog.LevelWarn, "the database is one migration newer than this program", slog.Int64("version", have))
	case have != want:
		return fmt.Errorf("%w: it is %d, this program knows %d", ErrSchema, have, want)
	}
	return nil
}

// versions are that of the schema, 0 where there is none, and this program's. Nothing is
// written, not even goose's table.
func versions(ctx context.Context, db *sql.DB, p *goose.Provider) (have, want int64, err error) {
	for _, s := range p.ListSources() {
		want = max(want, s.Version)
	}
	var there bool
	if err := db.QueryRowContext(ctx, `SELECT to_regclass('goose_db_version') IS NOT NULL`).Scan(&there); err != nil || !there {
		return 0, want, err //nolint:wrapcheck // says what was asked
	}
	if err := db.QueryRowContext(ctx, `SELECT coalesce(max(version_id), 0) FROM goose_db_version`).Scan(&have); err != nil {
		return 0, want, fmt.Errorf("read schema version: %w", err)
	}
	return have, want, nil
}
