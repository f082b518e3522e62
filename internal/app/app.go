package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/audit/checkpoint"
	"github.com/patient-care-aggregator/aggregator/internal/config"
	"github.com/patient-care-aggregator/aggregator/internal/disclosure"
	"github.com/patient-care-aggregator/aggregator/internal/history"
	"github.com/patient-care-aggregator/aggregator/internal/httpapi"
	"github.com/patient-care-aggregator/aggregator/internal/session"
	"github.com/patient-care-aggregator/aggregator/internal/staff"
	"github.com/patient-care-aggregator/aggregator/internal/store"
	"github.com/patient-care-aggregator/aggregator/internal/wording"
	"github.com/patient-care-aggregator/aggregator/valuesets"
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

// words are the value sets and the disclosure policy that were read together.
type words struct {
	set    *wording.Set
	policy *disclosure.Policy
}

// App is the service, put together and not yet listening.
type App struct {
	Handler http.Handler // the main listener's
	Admin   http.Handler // metrics, profiles and health, for loopback

	log       *slog.Logger
	store     *store.Store
	sessions  *session.Manager
	history   *history.Keeper
	words     atomic.Pointer[words]
	wordsFrom fs.FS
	upstreams []interface{ Close() }

	checkpoints     *checkpoint.Publisher
	checkpointEvery time.Duration
	changes         *audit.Changes
	retention       config.Retention
	now             func() time.Time
}

// New opens the store and wires every room, bottom-up. The caller MUST Close the App.
func New(ctx context.Context, c config.Config, o Options) (_ *App, err error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Random == nil {
		o.Random = rand.Reader
	}
	a := &App{log: o.Log, now: o.Now, wordsFrom: valuesets.FS(), checkpointEvery: c.CheckpointInterval, retention: c.Retention}
	if c.ValueSetsDir != "" {
		a.wordsFrom = valuesets.Over(os.DirFS(c.ValueSetsDir))
	}
	if err := a.ReloadWords(); err != nil {
		return nil, err
	}
	w, err := newWiring(a, c, o)
	if err != nil {
		return nil, err
	}
	a.store, err = store.Open(ctx, c.DatabaseURL, store.Options{Logger: o.Log, Now: o.Now, Panics: w.panics})
	if err != nil {
		return nil, fmt.Errorf("start: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.Close(ctx))
		}
	}()

	tokens := w.tokens()
	sources, err := w.sources(tokens)
	if err != nil {
		return nil, err
	}
	citizens, err := w.citizens()
	if err != nil {
		return nil, err
	}
	consents, err := w.consents(sources)
	if err != nil {
		return nil, err
	}
	checkpointKey, err := w.record(ctx)
	if err != nil {
		return nil, err
	}
	staffSessions, err := staff.NewSessions(o.Now, o.Random)
	if err != nil {
		return nil, fmt.Errorf("start: %w", err)
	}
	health := audit.NewWriteHealth(audit.TryWriting(a.store.OneTimeValues(), o.Now), o.Now)

	log := health.Recording(a.store.Log())
	html, err := web.New(web.Site{Operator: c.Operator.Name, Contact: c.Operator.Contact, TestSystem: c.Local()})
	if err != nil {
		return nil, fmt.Errorf("start pages: %w", err)
	}
	routes, err := w.doors(parts{sources: sources, consents: consents, clients: w.clients, log: log, pages: html, ready: health.Ready})
	if err != nil {
		return nil, err
	}
	signIn, err := w.signIn(citizens, log, func(ended session.Session) {
		tokens.Forget(ended.IDTokenID)
		sources.Forget(ended.Citizen.Ref)
	})
	if err != nil {
		return nil, err
	}
	staffSignIn, err := w.staffSignIn(staffSessions, log)
	if err != nil {
		return nil, err
	}
	auditors, err := w.auditors(citizens, checkpointKey, log)
	if err != nil {
		return nil, err
	}
	a.Handler, err = httpapi.New(httpapi.Deps{ //nolint:contextcheck // each request brings its own context
		Log: o.Log, Metrics: w.metrics, Tracer: w.tracer, Now: o.Now, NewID: w.newID,
		Sessions: a.sessions, Staff: staffSessions, Problems: httpapi.Problems{Pages: html, Words: a.wordsInForce},
		Settings: httpapi.Settings{
			PublicURL: c.PublicURL, TrustedProxies: c.TrustedProxies, Limits: httpapi.Limits(c.RateLimit),
			Maintenance: maintenance(c.MaintenanceFile),
		},
		Routes: append(routes, signIn, staffSignIn, auditors),
	})
	if err != nil {
		return nil, fmt.Errorf("start API: %w", err)
	}
	a.Admin = httpapi.NewAdmin(w.metrics.Handler(), health.Ready)
	return a, nil
}

// Words are the value sets and the disclosure policy in force.
func (a *App) Words() (*wording.Set, *disclosure.Policy) {
	w := a.words.Load()
	return w.set, w.policy
}

func (a *App) wordsInForce() *wording.Set { return a.words.Load().set }

// ReloadWords reads the value sets again. If they are invalid the error says what
// and where, and the current ones stay in use.
func (a *App) ReloadWords() error {
	set, err := wording.Load(a.wordsFrom)
	policy, policyErr := disclosure.Load(a.wordsFrom, set)
	if err := errors.Join(err, policyErr); err != nil {
		return fmt.Errorf("read value sets: %w", err)
	}
	a.words.Store(&words{set, policy})
	return nil
}

// Close ends what New began. It may be called once.
func (a *App) Close(ctx context.Context) error {
	var errs []error
	if a.sessions != nil {
		errs = append(errs, a.sessions.Tidy(ctx))
	}
	if a.checkpoints != nil {
		errs = append(errs, a.checkpoints.Close(ctx))
	}
	for _, u := range a.upstreams {
		u.Close()
	}
	if a.store != nil {
		errs = append(errs, a.store.Close())
	}
	return errors.Join(errs...)
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
