package app

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/google/uuid"
	"go.opentelemetry.io/otel/trace"

	"github.com/patient-care-aggregator/aggregator/internal/cache"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/client"
	"github.com/patient-care-aggregator/aggregator/internal/config"
	"github.com/patient-care-aggregator/aggregator/internal/consent"
	"github.com/patient-care-aggregator/aggregator/internal/history"
	"github.com/patient-care-aggregator/aggregator/internal/jose"
	"github.com/patient-care-aggregator/aggregator/internal/keys"
	"github.com/patient-care-aggregator/aggregator/internal/panics"
	"github.com/patient-care-aggregator/aggregator/internal/session"
	"github.com/patient-care-aggregator/aggregator/internal/subject"
	"github.com/patient-care-aggregator/aggregator/internal/telemetry"
	"github.com/patient-care-aggregator/aggregator/internal/upstream"
)

// wiring is what the rooms are made with. Each of its methods makes one of them.
type wiring struct {
	app *App
	c   config.Config
	o   Options

	newID    func() string
	panics   panics.Handler
	metrics  *telemetry.Metrics
	tracer   trace.Tracer
	ring     *keys.Ring
	login    *jose.Keys
	platform *jose.Keys
	jwks     []byte
	notices  *consent.Notices
	clients  *client.Registry
}

func newWiring(a *App, c config.Config, o Options) (*wiring, error) {
	w := &wiring{
		app: a, c: c, o: o, clients: client.NewRegistry(), newID: newIDs(o.Random), metrics: telemetry.NewMetrics(),
		tracer: o.Tracing.Tracer("github.com/patient-care-aggregator/aggregator"),
	}
	w.panics = func(ctx context.Context, e *panics.Error) {
		w.metrics.Panicked(e.Place)
		o.Log.LogAttrs(ctx, slog.LevelError, "panic", slog.String(telemetry.KeyComponent, e.Place),
			slog.String(telemetry.KeyError, e.Cause), slog.String(telemetry.KeyStack, e.Stack))
	}
	var err error
	if w.ring, err = keys.Parse([]byte(c.SecretKey.Reveal())); err != nil {
		return nil, fmt.Errorf("read key ring: %w", err)
	}
	if w.login, err = jose.ParseKeys([]byte(c.NHSLogin.PrivateKey.Reveal()), c.NHSLogin.KeyIDs); err != nil {
		return nil, fmt.Errorf("read NHS login key: %w", err)
	}
	if w.platform, err = jose.ParseKeys([]byte(c.Platform.PrivateKey.Reveal()), c.Platform.KeyIDs); err != nil {
		return nil, fmt.Errorf("read API platform key: %w", err)
	}
	if w.jwks, err = jose.JWKS(w.login, w.platform); err != nil {
		return nil, fmt.Errorf("publish keys: %w", err)
	}
	if w.notices, err = consent.BundledNotices(); err != nil {
		return nil, fmt.Errorf("read privacy notices: %w", err)
	}
	return w, nil
}

// newIDs makes random UUIDs (RFC 9562, version 4). Like crypto/rand, they panic
// when random fails.
func newIDs(random io.Reader) func() string {
	return func() string { return uuid.Must(uuid.NewRandomFromReader(random)).String() }
}

// outgoing makes a bounded client for one upstream; wrap, when not nil, stands
// between it and the network.
func (w *wiring) outgoing(name string, timeout time.Duration, maxBytes int64, wrap func(http.RoundTripper) http.RoundTripper) *upstream.Client {
	made := upstream.NewClient(upstream.Options{
		Name: name, Timeout: timeout, MaxBytes: maxBytes, Observe: w.metrics.Upstream, Tracer: w.tracer, Now: w.o.Now, Wrap: wrap,
	})
	w.app.upstreams = append(w.app.upstreams, made)
	return made
}

// caching is for a cache without old values; the caller adds those.
func (w *wiring) caching(name string, load time.Duration) cache.Options {
	return cache.Options{
		Name: name, Now: w.o.Now, LoadTimeout: load, Panics: w.panics,
		Observe: w.countCache,
	}
}

func (w *wiring) countCache(name string, outcome cache.Outcome) {
	w.metrics.Cache(name, string(outcome))
}

// citizens makes the registry, and what keeps citizens signed in.
func (w *wiring) citizens() (*citizen.Registry, error) {
	a := w.app
	citizens := citizen.NewRegistry(a.store.Subjects(), w.ring, w.o.Now, w.o.Random)
	var err error
	a.sessions, err = session.NewManager(session.Deps{
		Store: a.store.Sessions(), Ring: w.ring, Citizens: citizens, Now: w.o.Now, Idle: w.c.SessionIdle, Max: w.c.SessionMax,
		Random: w.o.Random, Panics: w.panics,
	})
	if err != nil {
		return nil, fmt.Errorf("start sessions: %w", err)
	}
	return citizens, nil
}

// consents makes the ledger, and the history that lives from consent to it. A
// withdrawal drops what was kept; what another process writes drops what is in
// memory.
func (w *wiring) consents(sources subject.Readings) (*subject.Consents, error) {
	a := w.app
	ledger, err := consent.NewLedger(consent.Deps{
		Store: a.store.Consents(), Notices: w.notices, Now: w.o.Now, NewID: w.newID,
		Known: func(id client.ID) bool {
			_, err := w.clients.Find(id)
			return err == nil
		},
		Panics: w.panics,
	})
	if err != nil {
		return nil, fmt.Errorf("start consents: %w", err)
	}
	failed := func(ctx context.Context, err error) {
		w.metrics.HistoryFailed()
		w.o.Log.LogAttrs(ctx, slog.LevelWarn, "history failed", slog.String(telemetry.KeyError, err.Error()))
	}
	now := w.o.Now()
	a.history, err = history.New(history.Deps{
		Store: a.store.Histories(), Ring: w.ring, Consents: ledger, Now: w.o.Now, Panics: w.panics,
		Limits:   history.Limits{Retention: now.Sub(w.c.Retention.History.Before(now))},
		Counters: history.Counters{Impossible: w.metrics.ImpossibleSteps, Failed: failed},
	})
	if err != nil {
		return nil, fmt.Errorf("start history: %w", err)
	}
	a.store.OnForeignWrite(func() {
		a.sessions.ForgetAll()
		ledger.ForgetAll()
		a.history.ForgetAll()
	})
	return subject.NewConsents(ledger, sources, a.history, failed)
}

// assertIdentity signs citizens on to other NHS services, where NHS login has
// configured the pair; nil where the deployment does without.
func (w *wiring) assertIdentity() func(string) (string, time.Time, error) {
	if w.c.ManageSSO != "on" {
		return nil
	}
	return func(idTokenID string) (string, time.Time, error) {
		return w.login.AssertedLoginIdentity(w.c.NHSLogin.ClientID, idTokenID, w.newID(), w.o.Now())
	}
}
