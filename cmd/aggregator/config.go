package main

import (
	"errors"
	"fmt"
	"log/slog"

	"go.opentelemetry.io/otel/trace/noop"

	"github.com/patient-care-aggregator/aggregator/internal/app"
	"github.com/patient-care-aggregator/aggregator/internal/config"
)

type configCommand struct {
	Check configCheckCommand `cmd:"" help:"Report every fault of the configuration, without starting."`
}

type configCheckCommand struct {
	buildFlags

	Online bool `help:"Ask every system that is configured, too, whether it is there and knows this service. Nothing of a citizen is sent or asked for."`
}

// errOnline says that the service would start and could not do its work.
var errOnline = errors.New("not everything that the configuration names is as it should be")

// Run checks the configuration. Warnings do not fail.
func (c configCheckCommand) Run(env *environment) error {
	loaded, err := c.load(env)
	if err != nil {
		return err
	}
	for _, warning := range config.Warnings(env.environ, loaded) {
		if _, err := fmt.Fprintln(env.stdout, "WARN: "+warning); err != nil {
			return err
		}
	}
	if _, err := fmt.Fprintln(env.stdout, "The configuration is complete and valid."); err != nil || !c.Online {
		return err
	}
	return checkOnline(env, loaded)
}

func checkOnline(env *environment, loaded config.Config) error {
	findings, err := app.Online(env.ctx, loaded, app.Options{Log: slog.New(slog.DiscardHandler), Tracing: noop.NewTracerProvider()})
	if err != nil {
		return fmt.Errorf("check online: %w", err)
	}
	failed := false
	for _, f := range findings {
		line := "OK: " + f.What
		switch {
		case f.Err != nil && f.Warning:
			line = fmt.Sprintf("WARN: %s: %v", f.What, f.Err)
		case f.Err != nil:
			line, failed = fmt.Sprintf("FAIL: %s: %v", f.What, f.Err), true
		}
		if _, err := fmt.Fprintln(env.stdout, line); err != nil {
			return fmt.Errorf("print: %w", err)
		}
	}
	if failed {
		return errOnline
	}
	return nil
}

// buildFlags decide which build may serve which address.
type buildFlags struct {
	AllowDevelopmentBuild bool `help:"Let a development build serve an address that is not loopback, for a test environment without real citizens."`
}

// errDevelopmentBuild keeps the sandbox, whose keys are public, away from real citizens.
var errDevelopmentBuild = errors.New("this is a development build, which contains the NHS sandbox, and PCA_PUBLIC_URL is not a loopback address: " +
	"build with -tags production, or add --allow-development-build")

// load reads the configuration; all its faults come in one error.
func (b buildFlags) load(env *environment) (config.Config, error) {
	c, err := config.Load(env.environ)
	if err != nil {
		return c, fmt.Errorf("%w: the configuration has faults:\n%w", errUsage, err)
	}
	return c, b.check(variant, c)
}

// check refuses a development build at an address that others can reach.
func (b buildFlags) check(variant string, c config.Config) error {
	if variant == production || b.AllowDevelopmentBuild || c.PublicURLIsLoopback() {
		return nil
	}
	return fmt.Errorf("%w: %w", errUsage, errDevelopmentBuild)
}
