package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

// ErrSchema says that the database was written by another version of this
// program. A newer one: run that program. An older one, beside a server: start
// the server first, which migrates.
var ErrSchema = errors.New("database schema is of another version")

// migrate brings the schema up to this program's; beside a server it only checks.
func migrate(ctx context.Context, db *sql.DB, log *slog.Logger, apply bool) error {
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return fmt.Errorf("find migrations: %w", err)
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, dir, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	if !apply {
		return checkSchema(ctx, db, p)
	}
	have, want, err := p.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("read schema version: %w", err)
	}
	if have > want {
		return fmt.Errorf("%w: it is %d, this program knows %d", ErrSchema, have, want)
	}
	done, err := p.Up(ctx)
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	for _, m := range done {
		log.LogAttrs(ctx, slog.LevelInfo, "migrated", slog.Int64("version", m.Source.Version))
	}
	return nil
}

// checkSchema compares versions without writing anything, not even goose's table.
func checkSchema(ctx context.Context, db *sql.DB, p *goose.Provider) error {
	var have, want int64
	for _, s := range p.ListSources() {
		want = max(want, s.Version)
	}
	if err := db.QueryRowContext(ctx, `SELECT max(version_id) FROM goose_db_version`).Scan(&have); err != nil {
		return fmt.Errorf("%w: %w", ErrSchema, err)
	}
	if have != want {
		return fmt.Errorf("%w: it is %d, this program knows %d", ErrSchema, have, want)
	}
	return nil
}
