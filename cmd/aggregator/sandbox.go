//go:build !production

package main

import (
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/sandbox"
	"github.com/patient-care-aggregator/aggregator/internal/telemetry"
)

type sandboxCommand struct {
	Addr     string     `help:"Where it listens; loopback only." default:"127.0.0.1:9700"`
	Seed     int64      `help:"Makes ids, codes and shares of faults the same in every run." default:"1"`
	Clock    time.Time  `help:"When its clock starts (RFC 3339); without it, now." placeholder:"TIME"`
	Apps     string     `help:"File of apps to register (docs/sandbox.md)." type:"existingfile"`
	NoLimits bool       `help:"Without e-RS's spike arrest and quota."`
	LogLevel slog.Level `help:"DEBUG, INFO, WARN or ERROR." default:"INFO"`
}

// Run serves the local NHS by itself, for software of any kind.
func (s sandboxCommand) Run(env *environment) error {
	var apps []sandbox.App
	if s.Apps != "" {
		f, err := os.Open(s.Apps)
		if err != nil {
			return fmt.Errorf("open apps file: %w", err)
		}
		defer f.Close() //nolint:errcheck // only read
		if apps, err = sandbox.ReadApps(f); err != nil {
			return fmt.Errorf("%w: %w", errUsage, err)
		}
	}
	now := time.Now
	if !s.Clock.IsZero() {
		begun := time.Now()
		now = func() time.Time { return s.Clock.Add(time.Since(begun)) }
	}
	return sandbox.Run(env.ctx, sandbox.Options{
		Now: now, Seed: s.Seed, Addr: s.Addr, Limits: sandbox.Limits{Off: s.NoLimits},
		Logger: telemetry.NewLogger(env.stderr, s.LogLevel),
	}, apps, env.stdout)
}
