package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"

	"github.com/alecthomas/kong"
)

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2 // wrong arguments or configuration
)

// errUsage marks what the caller can mend by calling differently.
var errUsage = errors.New("cannot start")

// environment is what a command may touch of the outside.
type environment struct {
	ctx     context.Context
	environ []string
	stdout  io.Writer
	stderr  io.Writer
}

type commands struct {
	Serve   serveCommand   `cmd:"" help:"Serve citizens' apps, configured by PCA_* in the environment."`
	Dev     devCommand     `cmd:"" help:"Serve on this machine with a local NHS sandbox; nothing to configure."`
	Demo    demoCommand    `cmd:"" help:"Make one citizen's whole journey against the sandbox and print the timeline."`
	Sandbox sandboxCommand `cmd:"" help:"Run the local NHS sandbox alone, for any software to point at."`
	Keys    keysCommand    `cmd:"" help:"Make the keys that serve needs."`
	Config  configCommand  `cmd:"" help:"Check the configuration in the environment."`
	Audit   auditCommand   `cmd:"" help:"Verify, export and prove the audit log."`
	Subject subjectCommand `cmd:"" help:"Answer a citizen who asks for what is held about them, or to be forgotten."`

	Version kong.VersionFlag `help:"Print the version."`
}

// run is the whole program: it gives the exit code.
func run(ctx context.Context, args, environ []string, stdout, stderr io.Writer) int {
	code := -1
	var c commands
	parser, err := kong.New(&c, kong.Name("aggregator"), kong.UsageOnError(), kong.Writers(stdout, stderr),
		kong.Description("A patient's referrals and appointments, in one timeline that a worried person understands."),
		kong.Vars{"version": version()}, kong.Exit(func(asked int) { code = asked }))
	if err != nil {
		return report(stderr, err)
	}
	parsed, err := parser.Parse(args)
	if code >= 0 { // --help or --version has answered
		return code
	}
	if err != nil {
		return report(stderr, fmt.Errorf("%w: %w", errUsage, err))
	}
	return report(stderr, parsed.Run(&environment{ctx, environ, stdout, stderr}))
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

// version is the module version, or the revision that the program was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	v := info.Main.Version
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && (v == "" || v == "(devel)") {
			v = s.Value
		}
	}
	return v
}
