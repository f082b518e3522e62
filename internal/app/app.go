package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/audit/checkpoint"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/client"
	"github.com/patient-care-aggregator/aggregator/internal/config"
	"github.com/patient-care-aggregator/aggregator/internal/consent"
	"github.com/patient-care-aggregator/aggregator/internal/httpapi"
	"github.com/patient-care-aggregator/aggregator/internal/oidc"
	"github.com/patient-care-aggregator/aggregator/internal/panics"
	"github.com/patient-care-aggregator/aggregator/internal/session"
	"github.com/patient-care-aggregator/aggregator/internal/staff"
	"github.com/patient-care-aggregator/aggregator/internal/store"
	"github.com/patient-care-aggregator/aggregator/internal/upstream"
	"github.com/patient-care-aggregator/aggregator/web"
)

// Options are what differs between a server, a developer's machine and a test.
type Options struct {
	Log     *slog.Logger
	Tracing trace.TracerProvider
	Now     func() time.Time // nil: the machine's clock
	Random  io.Reader        // nil: crypto/rand; MUST be safe for concurrent use
	Version string
}

// App is the service, put together and not yet listening.
type App struct {
	Handler http.Handler // the main listener's
	Admin   http.Handler // metrics, profiles and health, for loopback

	log     *slog.Logger
	panics  panics.Handler
	words   *words
	changes *audit.Changes

	checkpoints     *checkpoint.Publisher
	checkpointEvery time.Duration
	chores          []chore

	sessions  *session.Manager
	upstreams upstreams
	together  shared
	store     *store.Store
}

// New opens the database and makes every part of the service. The caller MUST
// Close the App.
func New(ctx context.Context, c config.Config, o Options) (_ *App, err error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Random == nil {
		o.Random = rand.Reader
	}
	w, clients := newWiring(c, o), client.NewRegistry()
	secrets, err := readSecrets(c)
	if err != nil {
		return nil, err
	}
	words, err := newWords(c.ValueSetsDir, spoken(c))
	if err != nil {
		return nil, err
	}
	notices, err := consent.BundledNotices()
	if err != nil {
		return nil, fmt.Errorf("read privacy notices: %w", err)
	}
	html, err := web.New(web.Site{Operator: c.Operator.Name, Contact: c.Operator.Contact, TestSystem: c.Local()})
	if err != nil {
		return nil, fmt.Errorf("start pages: %w", err)
	}
	db, err := store.Open(ctx, c.DatabaseURL.Reveal(), store.Options{Logger: o.Log, Now: o.Now, Panics: w.panics})
	if err != nil {
		return nil, fmt.Errorf("start: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, db.Close())
		}
	}()

	if err := secrets.ring.Verify(ctx, db.Subjects()); err != nil {
		return nil, fmt.Errorf("start: %w", err)
	}
	if err := secrets.ring.Note(ctx, db.Subjects()); err != nil {
		return nil, fmt.Errorf("start: %w", err)
	}

	together, err := w.shared(ctx, secrets.ring)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, together.close())
		}
	}()
	out := w.upstreams()
	tokens := w.tokens(secrets.platform, out.token)
	organisations, err := w.organisations(words, out.ods)
	if err != nil {
		return nil, err
	}
	ers, err := w.ers(tokens, organisations, out.ers, together)
	if err != nil {
		return nil, err
	}
	sources, err := w.sources(ers, together)
	if err != nil {
		return nil, err
	}
	people, err := w.people(db, secrets.ring, notices, clients, sources)
	if err != nil {
		return nil, err
	}
	record, err := w.record(ctx, db, out.checkpointSink)
	if err != nil {
		return nil, err
	}
	changes, err := w.changes(record, secrets, words, notices)
	if err != nil {
		return nil, err
	}
	if err := changes.Record(ctx); err != nil {
		return nil, fmt.Errorf("start: %w", err)
	}

	showing, err := w.release(people, sources, words, record, together)
	if err != nil {
		return nil, err
	}
	staffSessions := staff.NewSessions(db.StaffAccounts(), secrets.ring, o.Now, o.Random)
	party := func(provider *upstream.Client) oidc.Deps {
		return w.relyingParty(db.OneTimeValues(), secrets.ring, provider)
	}
	ended := func(s session.Session) { //nolint:contextcheck // what is kept goes even if the request ends
		tokens.Forget(s.IDTokenID)
		sources.Forget(s.Citizen.Ref)
	}
	desk, err := w.desk(db, secrets.ring, people, record, func(ref citizen.Ref) { //nolint:contextcheck // what is kept goes even if the request ends
		people.forget("")
		if ref != "" {
			sources.Forget(ref)
		}
	})
	if err != nil {
		return nil, err
	}
	operators, err := w.operatorActs(ctx, db)
	if err != nil {
		return nil, err
	}
	var routes [][]httpapi.Route
	for _, made := range []func() ([]httpapi.Route, error){
		func() ([]httpapi.Route, error) {
			return w.citizenRoutes(showing, people, clients, record, words, secrets)
		},
		func() ([]httpapi.Route, error) { return w.pageRoutes(showing, people, clients, notices, html) },
		func() ([]httpapi.Route, error) { return w.machineRoutes(record, secrets.jwks) },
		func() ([]httpapi.Route, error) {
			return w.signInRoutes(people, record, secrets.login, party(out.login), ended)
		},
		func() ([]httpapi.Route, error) {
			return w.auditorRoutes(people, record, members{staffSessions, party(out.staff), db.StaffAccounts(), desk})
		},
	} {
		list, err := made()
		if err != nil {
			return nil, err
		}
		routes = append(routes, list)
	}
	handler, err := httpapi.New(httpapi.Deps{ //nolint:contextcheck // each request brings its own context
		Log: o.Log, Metrics: w.metrics, Tracer: w.tracer, Now: o.Now, NewID: w.newID,
		Sessions: people.sessions, Staff: staffSessions, Problems: httpapi.Problems{Pages: html, Words: words.set},
		Settings: httpapi.Settings{
			PublicURL: c.PublicURL, TrustedProxies: c.Proxies(), Limits: httpapi.Limits(c.RateLimit), Together: together.limits(),
			Maintenance: maintenance(c.MaintenanceFile),
		},
		Routes: routes,
	})
	if err != nil {
		return nil, fmt.Errorf("start API: %w", err)
	}
	return &App{
		Handler: handler, Admin: httpapi.NewAdmin(w.metrics.Handler(), record.ready, w.c.AdminIsLoopback()),
		log: o.Log, panics: w.panics, words: words, changes: changes,
		checkpoints: record.checkpoints, checkpointEvery: c.CheckpointInterval, chores: w.chores(db, people, staffSessions, desk, operators, changes),
		sessions: people.sessions, upstreams: out, together: together, store: db,
	}, nil
}

// ReloadWords reads the value sets again and returns their version. If they are
// invalid the error says what and where, and the current ones stay in use.
func (a *App) ReloadWords(ctx context.Context) (version string, err error) {
	if err := a.panics.Contain(ctx, "read value sets", a.words.reload); err != nil {
		return "", err
	}
	// An auditor must be able to tell under which words each entry was made.
	if err := a.changes.Record(ctx); err != nil {
		return "", fmt.Errorf("the value sets are in force, but the log could not say so: %w", err)
	}
	return a.WordsVersion(), nil
}

// WordsVersion is the version of the words in force.
func (a *App) WordsVersion() string {
	set, _ := a.words.current()
	return set.Version()
}

// Close ends what New began. It may be called once, after Serve has returned.
func (a *App) Close(ctx context.Context) error {
	err := errors.Join(a.sessions.Tidy(ctx), a.checkpoints.Close(ctx))
	a.upstreams.closeIdle()
	return errors.Join(err, a.together.close(), a.store.Close())
}

func maintenance(file string) func() bool {
	return func() bool {
		if file == "" {
			return false
		}
		_, err := os.Stat(file)
		return err == nil
	}
}
