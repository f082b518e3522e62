package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite", without cgo

	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/panics"
)

// Errors of the store as a whole.
var (
	// ErrInUse says that another process serves this database. Stop that one first.
	ErrInUse = errors.New("another process serves this database")
	// ErrLogShrank says that the log on disk is shorter than what this process
	// saw committed: a file was put in its place. Writing stops until a restart.
	ErrLogShrank = errors.New("the audit log on disk became shorter")
)

// Options of a store. The zero value is usable, except that guards need Now.
type Options struct {
	Logger *slog.Logger // nil: silent
	// Now is the clock that guards are judged by. Without one every guarded
	// append fails; commands do without, because they release nothing.
	Now func() time.Time
	// QueueLimit bounds the acts that wait for the writer (1024); further callers
	// wait in line until their context ends.
	QueueLimit int
	// BatchLimit bounds the acts of one transaction (256).
	BatchLimit int
	// WatchEvery is how often a serving store looks for what other processes
	// wrote while it has nothing to write itself (250 ms).
	WatchEvery time.Duration
	// Panics is called for a panic in an act, which fails only that act.
	Panics panics.Handler

	toMove bool // open it although it was moved, and make none
}

const readers = 4

// DB is an open store. It is safe for concurrent use.
type DB struct {
	path   string
	log    *slog.Logger
	now    func() time.Time // nil: guards cannot be judged
	lock   *os.File         // nil in a command
	write  *sql.DB          // one connection, the writer's
	read   *sql.DB          // query_only
	writer *writer
	close  func() error
}

// Open serves the database at path: creates it when absent (mode 0600), takes
// the lock of the one server (ErrInUse), and migrates. The caller MUST Close it.
func Open(ctx context.Context, path string, o Options) (*DB, error) {
	return open(ctx, path, o, true)
}

// OpenBeside opens an existing database for a command, whether or not a server
// runs on it. It may append; the server notices. It never migrates (ErrSchema).
func OpenBeside(ctx context.Context, path string, o Options) (*DB, error) {
	return open(ctx, path, o, false)
}

func open(ctx context.Context, path string, o Options, serve bool) (_ *DB, err error) {
	o = withDefaults(o)
	db := &DB{path: path, log: o.Logger, now: o.Now}
	db.close = sync.OnceValue(db.shutDown)
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("open store: %w", err), db.close())
		}
	}()
	if err = prepareFile(path, serve && !o.toMove); err != nil {
		return nil, err
	}
	if serve {
		if db.lock, err = lock(path); err != nil {
			return nil, err
		}
	}
	if db.write, err = connect(ctx, path, 1, false); err != nil {
		return nil, err
	}
	if err = migrate(ctx, db.write, o.Logger, serve); err != nil {
		return nil, err
	}
	if db.read, err = connect(ctx, path, readers, true); err != nil {
		return nil, err
	}
	if db.writer, err = startWriter(ctx, path, db.write, o, serve); err != nil {
		return nil, err
	}
	return db, nil
}

func withDefaults(o Options) Options {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.QueueLimit <= 0 {
		o.QueueLimit = 1024
	}
	if o.BatchLimit <= 0 {
		o.BatchLimit = 256
	}
	if o.WatchEvery <= 0 {
		o.WatchEvery = 250 * time.Millisecond
	}
	return o
}

// Close writes what is queued, refuses later acts (acts.ErrClosed), and releases the
// file. Closing twice is harmless.
func (db *DB) Close() error { return db.close() }

func (db *DB) shutDown() error {
	var errs []error
	if db.writer != nil {
		db.writer.stop()
	}
	if db.read != nil {
		errs = append(errs, db.read.Close())
	}
	if db.write != nil {
		errs = append(errs, db.write.Close()) // the last connection to close folds the WAL back
	}
	if db.lock != nil {
		errs = append(errs, db.lock.Close())
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("close store: %w", err)
	}
	return nil
}

// Leads reports whether this process does what only one of all may do. One process serves a
// file, and its commands are told what to do.
func (db *DB) Leads(context.Context) (bool, error) { return true, nil }

// OnForeignWrite has f called, with an empty ref, after another process wrote to the
// database, so that projections in memory can be dropped. f runs on the writer's goroutine
// before any later act is answered: it MUST be quick and MUST NOT use the store.
func (db *DB) OnForeignWrite(f func(citizen.Ref)) { db.writer.listen(f) }
