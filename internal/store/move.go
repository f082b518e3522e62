package store

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/store/location"
	"github.com/patient-care-aggregator/aggregator/internal/store/postgres"
	"github.com/patient-care-aggregator/aggregator/internal/store/sqlite"
)

// Errors of moving a database, and of opening one that was moved.
var (
	// ErrNotMovable says that databases of these kinds are not moved into each other.
	ErrNotMovable = errors.New("a database is moved from sqlite:PATH to postgres://USER@HOST/DATABASE")
	// ErrMoved says that everything in a database was moved to another one. Use that one.
	ErrMoved = sqlite.ErrMoved
	// ErrNotEmpty says that a database has rows, so that nothing can be moved into it. Name
	// another one.
	ErrNotEmpty = postgres.ErrNotEmpty
	// ErrServed says that services run on a PostgreSQL database. Stop those first.
	ErrServed = postgres.ErrInUse
)

// Move moves everything from a SQLite file into an empty PostgreSQL database while nobody
// serves either, and returns the log that is there now, verified. It writes the entry about
// that first and seals the file with it: it is not served again. What is interrupted is gone
// on with by moving again to the same target; until it is done, the target has nothing.
func Move(ctx context.Context, from, to string, moved audit.Entry, o Options) (audit.Checkpoint, error) {
	source, err := location.Parse(from)
	if err != nil {
		return audit.Checkpoint{}, fmt.Errorf("move the database: its URL %w", err)
	}
	target, err := location.Parse(to)
	if err != nil {
		return audit.Checkpoint{}, fmt.Errorf("move the database: the URL of the new one %w", err)
	}
	path, isFile := source.SQLite()
	url, isServer := target.PostgreSQL()
	if !isFile || !isServer {
		return audit.Checkpoint{}, ErrNotMovable
	}
	c, err := move(ctx, path, url, target.String(), moved, o)
	if err != nil {
		return audit.Checkpoint{}, fmt.Errorf("move the database: %w", err)
	}
	return c, nil
}

func move(ctx context.Context, path, url, name string, moved audit.Entry, o Options) (c audit.Checkpoint, err error) {
	out, err := sqlite.OpenToMove(ctx, path, name, sqlite.Options{Logger: o.Logger})
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	in, err := postgres.OpenAlone(ctx, url, postgres.Options{Logger: o.Logger})
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	before, err := in.Log().Size(ctx)
	if err != nil {
		return c, err
	}
	if before == 0 { // otherwise it is done, or there is another log
		if err := in.Empty(ctx); err != nil {
			return c, err
		}
		if err := out.Seal(ctx, name, moved); err != nil {
			return c, err
		}
	}
	end, err := edgeOf(ctx, out.Log())
	if err != nil {
		return c, err
	}
	if before == 0 {
		latest, err := out.Log().TimeOf(ctx, end.Size()-1)
		if err != nil {
			return c, err
		}
		if err := in.Fill(ctx, out, end, latest); err != nil {
			return c, err
		}
	}
	there, err := edgeOf(ctx, in.Log())
	if err != nil {
		return c, err
	}
	if there.Size() != end.Size() || there.Root() != end.Root() {
		return c, postgres.ErrNotEmpty
	}
	return audit.Checkpoint{Size: there.Size(), Root: there.Root()}, nil
}

func edgeOf(ctx context.Context, log audit.Tree) (audit.Edge, error) {
	size, err := log.Size(ctx)
	if err != nil {
		return audit.Edge{}, err
	}
	return audit.ReadEdge(size, tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) { return log.ReadHashes(ctx, indexes) }))
}
