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
// serves either, and returns the log that is there now, verified. What is in the file is
// there once the file is sealed with the entry about that, and is not served again. Until
// everything was copied and verified the file is as it was; from then on the same call with
// the same target goes on where it was interrupted.
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
		return c, fmt.Errorf("the new one: %w", err)
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	size, err := in.Log().Size(ctx)
	if err != nil {
		return c, err
	}
	if size > 0 {
		return movedBefore(ctx, out, in, size, name)
	}
	filling, err := in.BeginToFill(ctx)
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, filling.Close(ctx)) }()
	// A crash before the file is sealed leaves it as it was. One behind that leaves an empty
	// database, and a file that was copied and verified a moment ago, so it can be again.
	err = out.Seal(ctx, name, moved, func(from *sqlite.Sealing) error {
		c = audit.Checkpoint{Size: from.End.Size(), Root: from.End.Root()}
		return filling.Fill(ctx, from, from.End, from.Latest)
	})
	if err != nil {
		return c, err
	}
	if err := filling.Commit(ctx); err != nil {
		return c, fmt.Errorf("the file is sealed and the new database may be empty, run the same command again: %w", err)
	}
	return c, nil
}

// movedBefore is the log of a file that was moved to a database that is not empty any more.
func movedBefore(ctx context.Context, out *sqlite.Moving, in *postgres.DB, size int64, name string) (audit.Checkpoint, error) {
	sealed, err := out.Sealed(ctx)
	if err != nil {
		return audit.Checkpoint{}, err
	}
	end, err := edgeOf(ctx, out.Log())
	if err != nil {
		return audit.Checkpoint{}, err
	}
	if !sealed || size < end.Size() {
		return audit.Checkpoint{}, fmt.Errorf("%w: its log has %d entries", ErrNotEmpty, size)
	}
	there, err := edgeAt(ctx, in.Log(), end.Size())
	switch {
	case err != nil:
		return audit.Checkpoint{}, err
	case there.Root() != end.Root():
		return audit.Checkpoint{}, fmt.Errorf("%w: it has another log", ErrNotEmpty)
	case size > end.Size():
		return audit.Checkpoint{}, fmt.Errorf("%w to %s, and the log goes on there", ErrMoved, name)
	}
	return audit.Checkpoint{Size: size, Root: there.Root()}, nil
}

func edgeOf(ctx context.Context, log audit.Tree) (audit.Edge, error) {
	size, err := log.Size(ctx)
	if err != nil {
		return audit.Edge{}, err
	}
	return edgeAt(ctx, log, size)
}

func edgeAt(ctx context.Context, log audit.Tree, size int64) (audit.Edge, error) {
	return audit.ReadEdge(size, tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) { return log.ReadHashes(ctx, indexes) }))
}
