package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/app"
	"github.com/patient-care-aggregator/aggregator/internal/config"
	"github.com/patient-care-aggregator/aggregator/internal/telemetry"
)

type serveCommand struct{ buildFlags }

// Run serves until ctx ends.
func (s serveCommand) Run(env *environment) (err error) {
	c, err := s.load(env)
	if err != nil {
		return err
	}
	log := telemetry.NewLogger(env.stderr, c.LogLevel)
	for _, warning := range config.Warnings(env.environ, c) {
		log.WarnContext(env.ctx, "configuration: "+warning)
	}
	tracing, flush, err := telemetry.NewTracerProvider(env.ctx, exportsTraces(env.environ), version(), log)
	if err != nil {
		return fmt.Errorf("start: %w", err)
	}
	defer func() { err = errors.Join(err, flush(context.WithoutCancel(env.ctx))) }()

	a, err := app.New(env.ctx, c, app.Options{Log: log, Tracing: tracing, Now: time.Now, Version: version()})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close(context.WithoutCancel(env.ctx))) }()

	var lc net.ListenConfig
	public, err := lc.Listen(env.ctx, "tcp", c.ListenAddr)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	admin, err := lc.Listen(env.ctx, "tcp", c.AdminAddr)
	if err != nil {
		return errors.Join(fmt.Errorf("listen for the operator: %w", err), public.Close())
	}
	stop := reloadOnHangup(env.ctx, a, log)
	defer stop()
	log.LogAttrs(env.ctx, slog.LevelInfo, "ready",
		slog.String(telemetry.KeyAddress, public.Addr().String()), slog.String(telemetry.KeyVersion, version()),
		slog.String(telemetry.KeyEnvironment, c.Environment), slog.String(telemetry.KeyDatabase, c.DatabaseName()),
		slog.Bool(telemetry.KeyCheckpoints, c.CheckpointSink != ""), slog.Bool(telemetry.KeyStaff, c.Staff.Issuer != ""),
		slog.String(telemetry.KeyLanguages, strings.Join(c.Languages, ",")), slog.String(telemetry.KeyValueSets, a.WordsVersion()))
	err = a.Serve(env.ctx, public, admin)
	log.InfoContext(context.WithoutCancel(env.ctx), "stopped")
	return err
}

// reloadOnHangup reads the value sets again on SIGHUP. If they are invalid, the
// current ones stay in use.
func reloadOnHangup(ctx context.Context, a *app.App, log *slog.Logger) (stop func()) {
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range hangups {
			version, err := a.ReloadWords(ctx)
			if err != nil {
				log.LogAttrs(ctx, slog.LevelError, "value sets rejected, the current ones stay in use", slog.String(telemetry.KeyError, err.Error()))
				continue
			}
			log.LogAttrs(ctx, slog.LevelInfo, "value sets read again", slog.String(telemetry.KeyVersion, version))
		}
	}()
	return func() {
		signal.Stop(hangups)
		close(hangups)
		<-done
	}
}

// exportsTraces reports whether the standard variables of OpenTelemetry name a collector.
func exportsTraces(environ []string) bool {
	for _, e := range environ {
		name, value, _ := strings.Cut(e, "=")
		if (name == "OTEL_EXPORTER_OTLP_ENDPOINT" || name == "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") && value != "" {
			return true
		}
	}
	return false
}
