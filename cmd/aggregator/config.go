package main

import (
	"errors"
	"fmt"

	"github.com/patient-care-aggregator/aggregator/internal/config"
)

type configCommand struct {
	Check configCheckCommand `cmd:"" help:"Report every fault of the configuration, without starting."`
}

type configCheckCommand struct{ buildFlags }

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
	_, err = fmt.Fprintln(env.stdout, "The configuration is complete and valid.")
	return err
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
