package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"go.opentelemetry.io/otel/trace"

	"github.com/patient-care-aggregator/aggregator/api"
	"github.com/patient-care-aggregator/aggregator/internal/aggregate"
	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/cache"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/client"
	"github.com/patient-care-aggregator/aggregator/internal/config"
	"github.com/patient-care-aggregator/aggregator/internal/consent"
	"github.com/patient-care-aggregator/aggregator/internal/history"
	"github.com/patient-care-aggregator/aggregator/internal/httpapi"
	"github.com/patient-care-aggregator/aggregator/internal/jose"
	"github.com/patient-care-aggregator/aggregator/internal/keys"
	"github.com/patient-care-aggregator/aggregator/internal/nhslogin"
	"github.com/patient-care-aggregator/aggregator/internal/organisation"
	"github.com/patient-care-aggregator/aggregator/internal/patientcare"
	"github.com/patient-care-aggregator/aggregator/internal/platform"
	"github.com/patient-care-aggregator/aggregator/internal/session"
	"github.com/patient-care-aggregator/aggregator/internal/store/sqlite"
	"github.com/patient-care-aggregator/aggregator/internal/telemetry"
	"github.com/patient-care-aggregator/aggregator/internal/timeline"
	"github.com/patient-care-aggregator/aggregator/internal/upstream"
	"github.com/patient-care-aggregator/aggregator/valuesets"
	"github.com/patient-care-aggregator/aggregator/web"
)

const (
	// NFR-02 gives 10 s for the whole answer; the sources get most of it.
	sourcesTimeout = 9 * time.Second
	requestTimeout = 8 * time.Second
	signInTimeout  = 5 * time.Second
	maxAnswer      = 8 << 20
	maxDocument    = 1 << 20

	maxReadings = 20_000
	maxTokens   = 50_000
	maxServices = 10_000
	// A directory entry is better old than missing.
	directoryStale = 7 * 24 * time.Hour
)

// Options are what differs between a server, a developer's machine and a test.
type Options struct {
	Log     *slog.Logger
	Tracing trace.TracerProvider
	Now     func() time.Time // nil: the machine's clock
	Version string
}

// App is the service, put together and not yet listening.
type App struct {
	Handler http.Handler // the main listener's
	Admin   http.Handler // metrics, profiles and health, for loopback

	log       *slog.Logger
	store     *sqlite.DB
	sessions  *session.Manager
	signIns   *session.SignIns
	history   *history.Keeper
	words     atomic.Pointer[timeline.ValueSets]
	wordsFrom fs.FS
	upstreams []interface{ Close() }

	checkpoints     *audit.Checkpointer
	checkpointEvery time.Duration
	changes         *changes
	retention       config.Retention
	now             func() time.Time
}

// New opens the store and wires every room. The caller MUST Close the App.
func New(ctx context.Context, c config.Config, o Options) (_ *App, err error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	newID := uuid.NewString
	metrics := telemetry.NewMetrics()
	tracer := o.Tracing.Tracer("github.com/patient-care-aggregator/aggregator")
	a := &App{log: o.Log, wordsFrom: valuesets.FS()}
	if c.ValueSetsDir != "" {
		a.wordsFrom = valuesets.Over(os.DirFS(c.ValueSetsDir))
	}
	if err := a.ReloadWords(); err != nil {
		return nil, err
	}
	ring, err := keys.Parse([]byte(c.SecretKey.Reveal()))
	if err != nil {
		return nil, fmt.Errorf("read key ring: %w", err)
	}
	loginKeys, err := jose.ParseKeys([]byte(c.NHSLogin.PrivateKey.Reveal()), c.NHSLogin.KeyIDs)
	if err != nil {
		return nil, fmt.Errorf("read NHS login key: %w", err)
	}
	platformKeys, err := jose.ParseKeys([]byte(c.Platform.PrivateKey.Reveal()), c.Platform.KeyIDs)
	if err != nil {
		return nil, fmt.Errorf("read API platform key: %w", err)
	}
	jwks, err := jose.JWKS(loginKeys, platformKeys)
	if err != nil {
		return nil, fmt.Errorf("publish keys: %w", err)
	}
	notices, err := consent.BundledNotices()
	if err != nil {
		return nil, fmt.Errorf("read privacy notices: %w", err)
	}

	a.store, err = sqlite.Open(ctx, c.DatabasePath(), sqlite.Options{Logger: o.Log})
	if err != nil {
		return nil, fmt.Errorf("start: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.Close(ctx))
		}
	}()

	outgoing := func(name string, timeout time.Duration, maxBytes int64) func(func(http.RoundTripper) http.RoundTripper) *upstream.Client {
		return func(wrap func(http.RoundTripper) http.RoundTripper) *upstream.Client {
			made := upstream.NewClient(upstream.Options{
				Name: name, Timeout: timeout, MaxBytes: maxBytes, Observe: metrics.Upstream, Tracer: tracer, Now: o.Now, Wrap: wrap,
			})
			a.upstreams = append(a.upstreams, made)
			return made
		}
	}
	caching := func(name string, load time.Duration, entries int, stale time.Duration, mayServeStale func(error) bool) cache.Options {
		return cache.Options{
			Name: name, Ring: ring, Now: o.Now, LoadTimeout: load, MaxEntries: entries, StaleMax: stale, MayServeStale: mayServeStale,
			Observe: func(name string, outcome cache.Outcome) { metrics.Cache(name, string(outcome)) },
		}
	}
	always := func(error) bool { return true }

	login, err := nhslogin.New(nhslogin.Deps{
		Issuer: c.NHSLogin.Issuer, ClientID: c.NHSLogin.ClientID, RedirectURL: c.PublicURL + "/auth/callback", Keys: loginKeys,
		NewClient: outgoing("nhs-login", signInTimeout, maxDocument), Now: o.Now, NewID: newID, AllowInsecure: c.Local(),
	})
	if err != nil {
		return nil, fmt.Errorf("start NHS login: %w", err)
	}
	tokens := platform.New(platform.Deps{
		TokenURL: c.Platform.TokenURL, APIKey: c.Platform.APIKey, Keys: platformKeys,
		HTTP:  outgoing("api-platform token", signInTimeout, maxDocument)(nil),
		Cache: cache.New[platform.Token](caching("access-token", signInTimeout, maxTokens, 0, nil)),
		Now:   o.Now, NewID: newID,
	})
	bundled, err := organisation.Bundled()
	if err != nil {
		return nil, fmt.Errorf("start organisations: %w", err)
	}
	organisations := organisation.Deps{
		Bundled: bundled,
		BaseURL: c.ODSBaseURL, APIKey: c.ODSAPIKey,
		Cache: cache.New[timeline.Organisation](caching("organisation", signInTimeout, maxServices, directoryStale, always)),
		Name:  func(raw string) string { return a.Words().OrganisationName(raw) },
	}
	if c.ODSBaseURL != "" {
		organisations.HTTP = outgoing("ods", signInTimeout, maxDocument)(nil)
	}
	ers, err := patientcare.New(patientcare.Deps{
		HTTP: outgoing("ers", requestTimeout, maxAnswer)(nil), BaseURL: c.ERSBaseURL, Tokens: tokens,
		Services:      cache.New[patientcare.Service](caching("service", signInTimeout, maxServices, directoryStale, always)),
		Organisations: organisation.New(organisations),
		Counters:      patientcare.Counters{Unreadable: metrics.Unreadable, ForeignSubject: metrics.ForeignSubject},
	})
	if err != nil {
		return nil, fmt.Errorf("start e-RS: %w", err)
	}
	sources := aggregate.New(aggregate.Deps{
		Sources:  []aggregate.Source{ers},
		Readings: cache.New[aggregate.Reading](caching("reading", sourcesTimeout, maxReadings, c.TimelineStaleMax, aggregate.MayServeStale)),
		Fresh:    c.TimelineTTL, Timeout: sourcesTimeout,
		Failed: func(ctx context.Context, source string, err error) {
			o.Log.WarnContext(ctx, "source failed", slog.String(telemetry.KeyComponent, source), slog.String(telemetry.KeyError, err.Error()))
		},
	})

	citizens := citizen.NewRegistry(a.store.Subjects(), ring, o.Now)
	a.sessions = session.NewManager(session.Deps{
		Store: a.store.Sessions(), Ring: ring, Citizens: citizens, Now: o.Now, Idle: c.SessionIdle, Max: c.SessionMax,
	})
	a.signIns = &session.SignIns{Store: a.store.OneTimeValues(), Ring: ring, Now: o.Now}
	consents, err := consent.NewLedger(consent.Deps{
		Store: a.store.Consents(), Notices: notices, Now: o.Now, NewID: newID,
		OnWithdraw: func(ref citizen.Ref, id client.ID) {
			sources.Forget(ref)
			a.history.Withdrawn(ref, id)
		},
	})
	if err != nil {
		return nil, fmt.Errorf("start consents: %w", err)
	}
	now := o.Now()
	a.history, err = history.New(history.Deps{
		Store: a.store.Histories(), Ring: ring, Consents: consents, Now: o.Now,
		Limits: history.Limits{Retention: now.Sub(c.Retention.History.Before(now))},
		Counters: history.Counters{Impossible: metrics.ImpossibleSteps, Failed: func(ctx context.Context, err error) {
			metrics.HistoryFailed()
			o.Log.WarnContext(ctx, "history failed", slog.String(telemetry.KeyError, err.Error()))
		}},
	})
	if err != nil {
		return nil, fmt.Errorf("start history: %w", err)
	}
	a.store.OnForeignWrite(func() {
		a.sessions.ForgetAll()
		consents.ForgetAll()
		a.history.ForgetAll()
	})

	var checkpointKey audit.Key
	a.checkpoints, checkpointKey, err = OpenCheckpoints(CheckpointOptions{
		DatabasePath: c.DatabasePath(), KeyPath: c.CheckpointKeyPath(), Origin: originOf(c.PublicURL), Sink: c.CheckpointSink,
		HTTP: outgoing("checkpoint-sink", signInTimeout, maxDocument)(nil).HTTP(),
		Log:  a.store.Log(), Now: o.Now, Logger: o.Log,
	})
	if err != nil {
		return nil, fmt.Errorf("start audit checkpoints: %w", err)
	}
	a.checkpointEvery, a.retention, a.now = c.CheckpointInterval, c.Retention, o.Now
	digest, err := settings(c)
	if err != nil {
		return nil, err
	}
	a.changes = &changes{log: a.store.Log(), now: o.Now, current: func() []audit.Entry {
		words := a.Words()
		return []audit.Entry{
			{Kind: audit.KeyChanged, Purpose: fmt.Sprintf("ring %s, NHS login %s, API platform %s, checkpoints %s",
				ring.ActiveID(), loginKeys.ID(), platformKeys.ID(), checkpointKey.Public)},
			{Kind: audit.ConfigurationKnown, Purpose: "version " + o.Version, Digest: digest, Policy: words.PolicyVersion(), ValueSets: words.Version(), Notice: notices.InForce().Version},
		}
	}}
	if err := a.changes.record(ctx); err != nil {
		return nil, fmt.Errorf("start: %w", err)
	}
	health := &writeHealth{try: tryWriting(a.store.OneTimeValues(), o.Now), now: o.Now}
	auditors, err := a.auditors(c, ring, citizens, checkpointKey, outgoing("staff", signInTimeout, maxDocument)(nil).HTTP(), o.Now)
	if err != nil {
		return nil, err
	}

	a.Handler, err = httpapi.New(httpapi.Deps{ //nolint:contextcheck // each request brings its own context
		Log: o.Log, Metrics: metrics, Tracer: tracer, Now: o.Now, NewID: newID,
		Login: login, SignIns: a.signIns, Sessions: a.sessions, Citizens: citizens,
		Clients: client.NewRegistry(), Consents: consents, Notices: notices, Sources: sources, History: a.history, Words: a.Words,
		Audit: watching{a.store.Log(), health}, AuditLog: a.store.Log(), Auditors: auditors, Receipts: receipts(c, consents, loginKeys), ForgetToken: tokens.Forget,
		ManageHosts: c.ManageHosts, AssertIdentity: assertIdentity(c, loginKeys, o.Now, newID),
		Site:      web.Site{Operator: c.Operator.Name, Contact: c.Operator.Contact, TestSystem: c.Local()},
		PublicURL: c.PublicURL, SessionIdle: c.SessionIdle, TrustedProxies: c.TrustedProxies, Limits: httpapi.Limits(c.RateLimit),
		StatusAPIKey: c.StatusAPIKey, Maintenance: maintenance(c.MaintenanceFile), Ready: health.ready,
		Version: o.Version, JWKS: jwks, OpenAPI: api.OpenAPI,
	})
	if err != nil {
		return nil, fmt.Errorf("start API: %w", err)
	}
	a.Admin = httpapi.NewAdmin(metrics.Handler(), health.ready)
	return a, nil
}

// Words are the value sets in force.
func (a *App) Words() *timeline.ValueSets { return a.words.Load() }

// ReloadWords reads the value sets anew. Where they are invalid the error says
// what and where, and those in force stay.
func (a *App) ReloadWords() error {
	read, err := timeline.Load(a.wordsFrom)
	if err != nil {
		return fmt.Errorf("read value sets: %w", err)
	}
	a.words.Store(read)
	return nil
}

// Close ends what New began. It may be called once.
func (a *App) Close(ctx context.Context) error {
	var errs []error
	if a.sessions != nil {
		errs = append(errs, a.sessions.Tidy(ctx))
	}
	errs = append(errs, a.lastCheckpoint(ctx))
	for _, u := range a.upstreams {
		u.Close()
	}
	if a.store != nil {
		errs = append(errs, a.store.Close())
	}
	return errors.Join(errs...)
}

// assertIdentity signs citizens on to other NHS services, where NHS login has
// configured the pair.
func assertIdentity(c config.Config, k *jose.Keys, now func() time.Time, newID func() string) func(string) (string, time.Time, error) {
	if c.ManageSSO != "on" {
		return nil
	}
	return func(idTokenID string) (string, time.Time, error) {
		return k.AssertedLoginIdentity(c.NHSLogin.ClientID, idTokenID, newID(), now())
	}
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
