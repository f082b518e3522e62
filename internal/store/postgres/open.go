package postgres

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/panics"
)

// ErrLogShrank says that the log in the database is shorter than what this process saw
// committed: another database took its place, such as a standby that had not received
// everything. Writing stops until a restart.
var ErrLogShrank = errors.New("the audit log in the database became shorter")

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
	// WatchEvery is how often a serving store looks for what other processes changed when
	// nobody tells it (1 s).
	WatchEvery time.Duration
	// Panics is called for a panic in an act, which fails only that act.
	Panics panics.Handler
}

const (
	readers     = 8
	connectTime = 3 * time.Second
	// tripTime bounds one transaction of the writer, and a reader's statement: a server that
	// hangs costs a caller less than the 10 s that a request may take.
	tripTime = 8 * time.Second
)

// DB is an open store. It is safe for concurrent use.
type DB struct {
	log     *slog.Logger
	now     func() time.Time // nil: guards cannot be judged
	read    *pgxpool.Pool
	writer  *writer
	watcher *watcher // nil in a command
	leader  *leader
	alone   *pgx.Conn // holds the lock of a command that has the database to itself; nil: none does
	close   func() error
}

// Open serves the database that a URL names (postgres://…), and migrates it. Any number of
// processes may. The caller MUST Close it. Errors: ErrUnsafe, ErrSchema.
func Open(ctx context.Context, url string, o Options) (*DB, error) { return open(ctx, url, o, true) }

// OpenBeside opens an existing database for a command, whether or not services run on it. It
// may append; they notice. It never migrates (ErrSchema).
func OpenBeside(ctx context.Context, url string, o Options) (*DB, error) {
	return open(ctx, url, o, false)
}

func open(ctx context.Context, url string, o Options, serve bool) (_ *DB, err error) {
	o = withDefaults(o)
	db := &DB{log: o.Logger, now: o.Now}
	db.close = sync.OnceValue(db.shutDown)
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("open store: %w", err), db.close())
		}
	}()
	config, err := parse(url)
	if err != nil {
		return nil, err
	}
	if err = prepare(ctx, config.ConnConfig, o.Logger, serve); err != nil {
		return nil, err
	}
	if db.read, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	db.leader = &leader{config: config.ConnConfig}
	if db.writer, err = startWriter(ctx, config.ConnConfig, o, serve); err != nil {
		return nil, err
	}
	if serve {
		if db.watcher, err = watch(ctx, config.ConnConfig, db.writer.changes, o); err != nil {
			return nil, err
		}
	}
	return db, nil
}

// parse reads the URL, and sets what every connection needs. Its errors do not repeat the
// URL, which may hold a password.
func parse(url string) (*pgxpool.Config, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, errors.New("the URL of the database cannot be read: want postgres://USER@HOST/DATABASE")
	}
	config.MaxConns = max(config.MaxConns, readers)
	c := config.ConnConfig
	c.ConnectTimeout = connectTime
	for name, value := range map[string]string{
		"application_name":                    "patient-care-aggregator",
		"default_transaction_isolation":       "read committed", // guards are read in a later statement than the lock
		"synchronous_commit":                  "on",
		"statement_timeout":                   milliseconds(tripTime),
		"idle_in_transaction_session_timeout": milliseconds(tripTime),
	} {
		c.RuntimeParams[name] = value
	}
	return config, nil
}

func milliseconds(d time.Duration) string { return fmt.Sprint(d.Milliseconds()) }

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
		o.WatchEvery = time.Second
	}
	return o
}

// Close writes what is queued, refuses later acts (acts.ErrClosed), and ends the
// connections. Closing twice is harmless.
func (db *DB) Close() error { return db.close() }

func (db *DB) shutDown() error {
	if db.watcher != nil {
		db.watcher.stop()
	}
	if db.leader != nil {
		db.leader.stop()
	}
	if db.writer != nil {
		db.writer.stop()
	}
	if db.read != nil {
		db.read.Close()
	}
	if db.alone != nil {
		ctx, cancel := context.WithTimeout(context.Background(), connectTime)
		defer cancel()
		_, _ = db.alone.Exec(ctx, `SELECT pg_advisory_unlock($1)`, int64(serving)) // the server notices the end of a connection later
		_ = db.alone.Close(ctx)
	}
	return nil
}

// OnForeignWrite has f called after another process changed something that may be kept in
// memory: of one citizen, or with an empty ref of anybody. f runs before any later act is
// answered: it MUST be quick and MUST NOT use the store.
func (db *DB) OnForeignWrite(f func(citizen.Ref)) { db.writer.changes.listen(f) }

// connect opens one connection of its own.
func connect(ctx context.Context, config *pgx.ConnConfig) (*pgx.Conn, error) {
	conn, err := pgx.ConnectConfig(ctx, config.Copy())
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	return conn, nil
}

// newName is a random name for this process among the writers of one database.
func newName() []byte {
	name := make([]byte, 8)
	_, _ = rand.Read(name) // never fails: it ends the program instead
	return name
}
