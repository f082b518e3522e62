package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"os"
	"path/filepath"
	"time"

	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/patient-care-aggregator/aggregator/internal/app"
	"github.com/patient-care-aggregator/aggregator/internal/config"
	"github.com/patient-care-aggregator/aggregator/internal/jose"
	"github.com/patient-care-aggregator/aggregator/internal/keys"
	"github.com/patient-care-aggregator/aggregator/internal/sandbox"
)

// Options tune a stack. All but Now are optional: free ports then serve, with
// the data in a folder that Close removes.
type Options struct {
	Addr        string // of the service, on loopback; empty: a free port
	AdminAddr   string
	SandboxAddr string
	// DataDir keeps keys and database between runs; empty: temporary.
	DataDir string
	Now     func() time.Time // required
	// FollowSandbox gives the service the sandbox's clock, so that moving that one
	// moves both: every end of a session can be tried without waiting for it.
	FollowSandbox bool
	Random        io.Reader    // of the service; nil: crypto/rand; MUST be safe for concurrent use
	Log           *slog.Logger // nil: silent
	Tracing       trace.TracerProvider
	// Env adds to or replaces the service's environment.
	Env     map[string]string
	Version string
}

// Stack is a running service with its sandbox.
type Stack struct {
	URL      string // of the service
	AdminURL string
	Sandbox  *sandbox.Sandbox
	DataDir  string
	// Env is the environment that the service was configured with.
	Env map[string]string

	app     *app.App
	stop    context.CancelFunc
	done    chan error
	cleanup func() error
}

const (
	clientID = "local-aggregator"
	apiKey   = "local-api-key" //nolint:gosec // the sandbox's, worth nothing in other places
	odsKey   = "local-ods-key"
	statKey  = "local-status-key"

	staffSecret = "local-staff-secret" //nolint:gosec // the sandbox's too
)

// Start runs sandbox and service until Close. Both answer when it returns.
func Start(ctx context.Context, o Options) (_ *Stack, err error) {
	s := &Stack{DataDir: o.DataDir, cleanup: func() error { return nil }}
	defer func() { //nolint:contextcheck // Close ends what outlives ctx
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	if s.DataDir == "" {
		if s.DataDir, err = os.MkdirTemp("", "aggregator-"); err != nil {
			return nil, fmt.Errorf("make data folder: %w", err)
		}
		s.cleanup = func() error { return os.RemoveAll(s.DataDir) }
	}
	public, admin, err := listen(ctx, o)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, public.Close(), admin.Close())
		}
	}()
	s.URL, s.AdminURL = "http://"+public.Addr().String(), "http://"+admin.Addr().String()

	s.Sandbox, err = sandbox.Start(ctx, sandbox.Options{Addr: o.SandboxAddr, Now: o.Now})
	if err != nil {
		return nil, fmt.Errorf("start sandbox: %w", err)
	}
	if o.FollowSandbox {
		o.Now = s.Sandbox.Now
	}
	err = s.Sandbox.Register(sandbox.App{
		Name: "Patient Care Aggregator (local)", ClientID: clientID, RedirectURIs: []string{s.URL + "/auth/callback"},
		NHSLoginJWKSURL: s.URL + "/.well-known/jwks.json", APIKey: apiKey, PlatformJWKSURL: s.URL + "/.well-known/jwks.json",
		ODSAPIKey:     odsKey,
		StaffClientID: clientID, StaffClientSecret: staffSecret, StaffRedirectURIs: []string{s.URL + "/audit/callback"},
	})
	if err != nil {
		return nil, fmt.Errorf("register with the sandbox: %w", err)
	}
	if s.Env, err = s.environment(o); err != nil {
		return nil, err
	}
	return s, s.serve(ctx, o, public, admin)
}

// environment is what an operator would set for this service, with the sandbox
// in the NHS's place.
func (s *Stack) environment(o Options) (map[string]string, error) {
	files := map[string]func() ([]byte, error){
		"key-ring":     func() ([]byte, error) { return []byte(keys.Generate("1")), nil },
		"nhs-login":    jose.GenerateKey,
		"api-platform": jose.GenerateKey,
	}
	paths := map[string]string{}
	for name, generate := range files {
		paths[name] = filepath.Join(s.DataDir, name+".key")
		if err := makeOnce(paths[name], generate); err != nil {
			return nil, err
		}
	}
	env := s.own(paths, s.Sandbox.Endpoints())
	maps.Copy(env, o.Env)
	return env, nil
}

// Sets reports whether a stack gives this setting itself, so that nobody else should.
func Sets(name string) bool {
	_, sets := (&Stack{}).own(nil, sandbox.Endpoints{})[name]
	return sets
}

func (s *Stack) own(paths map[string]string, at sandbox.Endpoints) map[string]string {
	return map[string]string{
		"PCA_ENVIRONMENT": "local",
		"PCA_LANGUAGES":   "en,cy",
		"PCA_PUBLIC_URL":  s.URL, "PCA_DATABASE_URL": "sqlite:" + filepath.Join(s.DataDir, "aggregator.db"),
		"PCA_SECRET_KEY_FILE":  paths["key-ring"],
		"PCA_NHS_LOGIN_ISSUER": at.NHSLoginIssuer, "PCA_NHS_LOGIN_CLIENT_ID": clientID,
		"PCA_NHS_LOGIN_PRIVATE_KEY_FILE": paths["nhs-login"],
		"PCA_API_PLATFORM_TOKEN_URL":     at.TokenURL, "PCA_API_PLATFORM_API_KEY": apiKey,
		"PCA_API_PLATFORM_PRIVATE_KEY_FILE": paths["api-platform"],
		"PCA_ERS_BASE_URL":                  at.ERSBaseURL,
		"PCA_ODS_BASE_URL":                  at.ODSBaseURL, "PCA_ODS_API_KEY": odsKey,
		"PCA_STATUS_API_KEY": statKey,
		"PCA_STAFF_ISSUER":   at.StaffIssuer, "PCA_STAFF_CLIENT_ID": clientID, "PCA_STAFF_CLIENT_SECRET": staffSecret,
	}
}

func (s *Stack) serve(ctx context.Context, o Options, public, admin net.Listener) error {
	environ := make([]string, 0, len(s.Env))
	for name, value := range s.Env {
		environ = append(environ, name+"="+value)
	}
	c, err := config.Load(environ)
	if err != nil {
		return fmt.Errorf("configure: %w", err)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Tracing == nil {
		o.Tracing = noop.NewTracerProvider()
	}
	s.app, err = app.New(ctx, c, app.Options{Log: o.Log, Tracing: o.Tracing, Now: o.Now, Random: o.Random, Version: o.Version})
	if err != nil {
		return fmt.Errorf("start service: %w", err)
	}
	ctx, s.stop = context.WithCancel(context.WithoutCancel(ctx))
	s.done = make(chan error, 1)
	go func() { s.done <- s.app.Serve(ctx, public, admin) }()
	return nil
}

// Done ends when the service stops by itself, with the reason.
func (s *Stack) Done() <-chan error { return s.done }

// Close stops both and removes what was temporary.
func (s *Stack) Close() error {
	var errs []error
	if s.stop != nil {
		s.stop()
		errs = append(errs, <-s.done)
	}
	if s.app != nil {
		errs = append(errs, s.app.Close(context.Background()))
	}
	if s.Sandbox != nil {
		s.Sandbox.Close()
	}
	return errors.Join(append(errs, s.cleanup())...)
}

func listen(ctx context.Context, o Options) (public, admin net.Listener, err error) {
	const free = "127.0.0.1:0"
	var lc net.ListenConfig
	if o.Addr == "" {
		o.Addr = free
	}
	if o.AdminAddr == "" {
		o.AdminAddr = free
	}
	if public, err = lc.Listen(ctx, "tcp", o.Addr); err != nil {
		return nil, nil, fmt.Errorf("listen: %w", err)
	}
	if admin, err = lc.Listen(ctx, "tcp", o.AdminAddr); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("listen: %w", err), public.Close())
	}
	return public, admin, nil
}

// makeOnce writes a file that only its owner reads, unless it is there.
func makeOnce(path string, generate func() ([]byte, error)) error {
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	text, err := generate()
	if err != nil {
		return err
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		return fmt.Errorf("write key: %w", err)
	}
	return nil
}
