package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/approval"
	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/consent"
	"github.com/patient-care-aggregator/aggregator/internal/history"
	"github.com/patient-care-aggregator/aggregator/internal/keys"
	"github.com/patient-care-aggregator/aggregator/internal/panics"
	"github.com/patient-care-aggregator/aggregator/internal/session"
	"github.com/patient-care-aggregator/aggregator/internal/staff/account"
	"github.com/patient-care-aggregator/aggregator/internal/store/location"
	"github.com/patient-care-aggregator/aggregator/internal/store/postgres"
	"github.com/patient-care-aggregator/aggregator/internal/store/sqlite"
	"github.com/patient-care-aggregator/aggregator/internal/subject"
)

// Log is the stored audit log: written, read, counted, held and pruned.
type Log interface {
	audit.Appender
	audit.Source
	audit.Statistician
	audit.HoldStore
	audit.RetentionStore
	audit.Withholder
	audit.Erasures
}

// Consents are the stored consent events.
type Consents interface {
	consent.Store
	consent.Archive
}

// Sessions are the citizens' sessions.
type Sessions interface {
	session.Store
	// EndSessions ends all sessions of a citizen, or with an empty ref everybody's, and
	// logs that, both or neither. It returns how many there were, which can be none.
	EndSessions(ctx context.Context, ref citizen.Ref, a audit.Entry) (int, error)
	// Times returns when the sessions of a citizen began, were last seen and expire, oldest
	// first, and nothing else of them.
	Times(ctx context.Context, ref citizen.Ref) ([]session.Record, error)
}

// Staff are the rows about members of staff.
type Staff interface {
	account.Store
	account.SessionStore
}

// Subjects are the rows that lead to people.
type Subjects interface {
	citizen.ResealStore
	keys.CheckStore
	subject.Eraser
}

// Options say how a store is opened.
type Options struct {
	Logger *slog.Logger // nil: silent
	// Now is the clock that guards are judged by. Commands, which release nothing,
	// do without; then every guarded append fails.
	Now func() time.Time
	// Panics is called for a panic in an act of the writer; it may be nil.
	Panics panics.Handler
}

// Store is an open database. It is safe for concurrent use.
type Store struct {
	log            Log
	subjects       Subjects
	sessions       Sessions
	consents       Consents
	histories      history.Store
	oneTimeValues  session.OneTimeStore
	staffAccounts  Staff
	proposals      approval.Store
	onForeignWrite func(func(citizen.Ref))
	leads          func(context.Context) (bool, error)
	close          func() error
}

// Open serves the database that a URL names: it creates a SQLite file where necessary,
// migrates, and takes the lock of the one server of a file. The caller MUST Close it. An
// unknown kind of URL is location.ErrUnsupported.
func Open(ctx context.Context, url string, o Options) (*Store, error) {
	return open(ctx, url, o, sqlite.Open, postgres.Open)
}

// OpenBeside opens an existing database for a command, whether or not a server
// runs on it. It may append; the server notices. It never migrates.
func OpenBeside(ctx context.Context, url string, o Options) (*Store, error) {
	return open(ctx, url, o, sqlite.OpenBeside, postgres.OpenBeside)
}

// OpenAlone opens a database for a command while no service runs on it, and lets none begin
// until it is closed. It migrates.
func OpenAlone(ctx context.Context, url string, o Options) (*Store, error) {
	return open(ctx, url, o, sqlite.Open, postgres.OpenAlone)
}

// Reach reports whether the server of a PostgreSQL database is there and keeps what it
// acknowledges. It changes nothing. A file is always reached.
func Reach(ctx context.Context, url string) error {
	at, err := location.Parse(url)
	if err != nil {
		return fmt.Errorf("reach the database: its URL %w", err)
	}
	if where, ok := at.PostgreSQL(); ok {
		return postgres.Reach(ctx, where)
	}
	return nil
}

func open(ctx context.Context, url string, o Options,
	file func(context.Context, string, sqlite.Options) (*sqlite.DB, error),
	server func(context.Context, string, postgres.Options) (*postgres.DB, error),
) (*Store, error) {
	at, err := location.Parse(url)
	if err != nil {
		return nil, fmt.Errorf("open the database: its URL %w", err)
	}
	if path, ok := at.SQLite(); ok {
		db, err := file(ctx, path, sqlite.Options{Logger: o.Logger, Now: o.Now, Panics: o.Panics})
		if err != nil {
			return nil, err
		}
		return &Store{
			log: db.Log(), subjects: db.Subjects(), sessions: db.Sessions(), consents: db.Consents(),
			histories: db.Histories(), oneTimeValues: db.OneTimeValues(), staffAccounts: db.StaffAccounts(), proposals: db.Proposals(),
			onForeignWrite: db.OnForeignWrite, leads: db.Leads, close: db.Close,
		}, nil
	}
	if where, ok := at.PostgreSQL(); ok {
		db, err := server(ctx, where, postgres.Options{Logger: o.Logger, Now: o.Now, Panics: o.Panics})
		if err != nil {
			return nil, err
		}
		return &Store{
			log: db.Log(), subjects: db.Subjects(), sessions: db.Sessions(), consents: db.Consents(),
			histories: db.Histories(), oneTimeValues: db.OneTimeValues(), staffAccounts: db.StaffAccounts(), proposals: db.Proposals(),
			onForeignWrite: db.OnForeignWrite, leads: db.Leads, close: db.Close,
		}, nil
	}
	return nil, errors.New("open the database: no store for this kind of URL")
}

// Log is the audit log.
func (s *Store) Log() Log { return s.log }

// Subjects are the rows that lead to people.
func (s *Store) Subjects() Subjects { return s.subjects }

// Sessions are the citizens' sessions.
func (s *Store) Sessions() Sessions { return s.sessions }

// Consents are the consent events.
func (s *Store) Consents() Consents { return s.consents }

// Histories are what was observed of citizens' referrals.
func (s *Store) Histories() history.Store { return s.histories }

// StaffAccounts are whom pseudonyms of staff stand for, and who of staff is signed in.
func (s *Store) StaffAccounts() Staff { return s.staffAccounts }

// Proposals are acts of staff that wait for a second person, or waited.
func (s *Store) Proposals() approval.Store { return s.proposals }

// OneTimeValues are values that can be taken once.
func (s *Store) OneTimeValues() session.OneTimeStore { return s.oneTimeValues }

// OnForeignWrite has f called after another process wrote to the database, so
// that projections in memory can be dropped: what concerns a citizen, or with an empty ref
// everything. f runs before any later act is answered: it MUST be quick and MUST NOT use the
// store.
func (s *Store) OnForeignWrite(f func(citizen.Ref)) { s.onForeignWrite(f) }

// Leads reports whether this process does what only one of all that serve the database may
// do, such as to sign checkpoints. Ask before each piece of such work.
func (s *Store) Leads(ctx context.Context) (bool, error) { return s.leads(ctx) }

// Close writes what is queued, refuses later acts, and releases the database.
// Closing twice is harmless.
func (s *Store) Close() error { return s.close() }
