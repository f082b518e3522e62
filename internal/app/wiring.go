package app

import (
	"context"
	"fmt"
	"io"
	"log/slog"

	"github.com/google/uuid"
	"go.opentelemetry.io/otel/trace"

	"github.com/patient-care-aggregator/aggregator/internal/cache"
	"github.com/patient-care-aggregator/aggregator/internal/config"
	"github.com/patient-care-aggregator/aggregator/internal/jose"
	"github.com/patient-care-aggregator/aggregator/internal/keys"
	"github.com/patient-care-aggregator/aggregator/internal/panics"
	"github.com/patient-care-aggregator/aggregator/internal/telemetry"
)

// wiring is what every part may be made with. Each of its methods makes one part,
// or a few that belong together, of its arguments.
type wiring struct {
	c       config.Config
	o       Options
	newID   func() string
	metrics *telemetry.Metrics
	tracer  trace.Tracer
	panics  panics.Handler
}

func newWiring(c config.Config, o Options) *wiring {
	metrics := telemetry.NewMetrics()
	return &wiring{
		c: c, o: o, newID: newIDs(o.Random), metrics: metrics,
		tracer: o.Tracing.Tracer("github.com/patient-care-aggregator/aggregator"),
		panics: func(ctx context.Context, e *panics.Error) {
			metrics.Panicked(e.Place)
			o.Log.LogAttrs(ctx, slog.LevelError, "panic", slog.String(telemetry.KeyComponent, e.Place),
				slog.String(telemetry.KeyError, e.Cause), slog.String(telemetry.KeyStack, e.Stack))
		},
	}
}

// newIDs makes random UUIDs (RFC 9562, version 4). Like crypto/rand, they panic
// when random fails.
func newIDs(random io.Reader) func() string {
	return func() string { return uuid.Must(uuid.NewRandomFromReader(random)).String() }
}

// secrets are the keys that the configuration names.
type secrets struct {
	ring     *keys.Ring
	login    *jose.Keys
	platform *jose.Keys
	receipts *jose.Keys
	jwks     []byte // the public ones, as they are published
}

func readSecrets(c config.Config) (secrets, error) {
	ring, err := keys.Parse([]byte(c.SecretKey.Reveal()))
	if err != nil {
		return secrets{}, fmt.Errorf("read key ring: %w", err)
	}
	login, err := jose.ParseKeys([]byte(c.NHSLogin.PrivateKey.Reveal()), c.NHSLogin.KeyIDs)
	if err != nil {
		return secrets{}, fmt.Errorf("read NHS login key: %w", err)
	}
	platform, err := jose.ParseKeys([]byte(c.Platform.PrivateKey.Reveal()), c.Platform.KeyIDs)
	if err != nil {
		return secrets{}, fmt.Errorf("read API platform key: %w", err)
	}
	receipts := login
	if pem := c.Receipts.PrivateKey; !pem.IsZero() {
		if receipts, err = jose.ParseKeys([]byte(pem.Reveal()), c.Receipts.KeyIDs); err != nil {
			return secrets{}, fmt.Errorf("read receipt key: %w", err)
		}
	}
	jwks, err := jose.JWKS(login, platform, receipts)
	if err != nil {
		return secrets{}, fmt.Errorf("publish keys: %w", err)
	}
	return secrets{ring, login, platform, receipts, jwks}, nil
}

func (w *wiring) countCache(name string, outcome cache.Outcome) {
	w.metrics.Cache(name, string(outcome))
}
