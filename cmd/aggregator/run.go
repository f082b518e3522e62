package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/alecthomas/kong"

	"github.com/patient-care-aggregator/aggregator/internal/subject"
)

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2 // wrong arguments or configuration
)

// errUsage marks errors that the caller can correct by calling differently.
var errUsage = errors.New("cannot start")

// environment is everything outside the program that a command may use.
type environment struct {
	ctx     context.Context
	environ []string
	stdout  io.Writer
	stderr  io.Writer
}

type commands struct {
	Serve serveCommand `cmd:"" help:"Serve citizens' apps, configured by PCA_* in the environment."`

	sandboxCommands

	Keys    keysCommand    `cmd:"" help:"Make the keys that serve needs."`
	Config  configCommand  `cmd:"" help:"Check the configuration in the environment."`
	Audit   auditCommand   `cmd:"" help:"Verify, export and prove the audit log."`
	Store   storeCommand   `cmd:"" help:"Move the database."`
	Subject subjectCommand `cmd:"" help:"Answer a citizen who asks for what is held about them, or to be forgotten."`

	Version versionCommand `cmd:"" help:"Print the version, the kind of build and the commit."`

	VersionFlag kong.VersionFlag `name:"version" help:"Print the same as the command version."`
}

// run is the whole program. It returns the exit code. Without arguments it prints
// the help to stderr and fails, because nothing was done.
func run(ctx context.Context, args, environ []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		return max(run(ctx, []string{"--help"}, environ, stderr, stderr), exitUsage)
	}
	code := -1
	var c commands
	parser, err := kong.New(&c, kong.Name("aggregator"), kong.UsageOnError(), kong.Writers(stdout, stderr),
		kong.Description("A patient's referrals and appointments, in one timeline that a worried person understands."),
		kong.Resolvers(settings(environ)), kong.ValueFormatter(helpWithSetting),
		variables(), kong.Exit(func(asked int) { code = asked }))
	if err != nil {
		return report(stderr, err)
	}
	parsed, err := parser.Parse(args)
	if code >= 0 { // --help or --version was printed
		return code
	}
	if err != nil {
		return report(stderr, fmt.Errorf("%w: %w", errUsage, err))
	}
	return report(stderr, parsed.Run(&environment{ctx, environ, stdout, stderr}))
}

// variables are what the help of flags is put together from.
func variables() kong.Vars {
	return kong.Vars{"version": describeBuild(), "grounds": subject.CodeList()}
}

func report(stderr io.Writer, err error) int {
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errUsage):
		_, _ = fmt.Fprintf(stderr, "aggregator: %v\n", err)
		return exitUsage
	}
	_, _ = fmt.Fprintf(stderr, "aggregator: %v\n", err)
	return exitFailed
}
