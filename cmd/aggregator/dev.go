//go:build !production

package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/local"
	"github.com/patient-care-aggregator/aggregator/internal/telemetry"
)

const (
	devAddr        = "127.0.0.1:8080"
	devAdminAddr   = "127.0.0.1:9090"
	devSandboxAddr = "127.0.0.1:9700"
)

type devCommand struct {
	Addr        string     `help:"Where the service listens (${default}, or a free port if that is taken)." default:"127.0.0.1:8080"`
	AdminAddr   string     `help:"Where metrics and profiles are." default:"127.0.0.1:9090"`
	SandboxAddr string     `help:"Where the local NHS listens." default:"127.0.0.1:9700"`
	Data        string     `help:"Folder that keeps keys and database between runs; without it they are temporary." type:"path"`
	LogLevel    slog.Level `help:"DEBUG, INFO, WARN or ERROR." default:"INFO"`
}

// Run serves with the sandbox until ctx ends.
func (d devCommand) Run(env *environment) (err error) {
	set, err := ownSettings(env.environ)
	if err != nil {
		return err
	}
	s, err := local.Start(env.ctx, local.Options{
		Addr: d.Addr, AdminAddr: d.AdminAddr, SandboxAddr: d.SandboxAddr, DataDir: d.Data,
		Now: time.Now, FollowSandbox: true, Env: set, Log: telemetry.NewLogger(env.stderr, d.LogLevel), Version: version(),
	})
	if errors.Is(err, syscall.EADDRINUSE) && d.Addr == devAddr && d.AdminAddr == devAdminAddr && d.SandboxAddr == devSandboxAddr {
		d.Addr, d.AdminAddr, d.SandboxAddr = "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0"
		return d.Run(env)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if err := banner(env.stdout, s, d.Data != ""); err != nil {
		return err
	}
	select {
	case <-env.ctx.Done():
		return nil
	case err := <-s.Done():
		return errors.Join(errors.New("the service stopped"), err)
	}
}

// ownSettings are the PCA_* of an environment. One that is about the sandbox itself
// is refused: it would be the sandbox no more.
func ownSettings(environ []string) (map[string]string, error) {
	set := map[string]string{}
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, "PCA_") {
			continue
		}
		if local.Sets(name) || local.Sets(name+"_FILE") || local.Sets(strings.TrimSuffix(name, "_FILE")) {
			return nil, fmt.Errorf("%w: dev gives %s itself; unset it, or use serve", errUsage, name)
		}
		set[name] = value
	}
	return set, nil
}

// banner says what to open and what to type.
func banner(out io.Writer, s *local.Stack, kept bool) error {
	where := s.DataDir
	if !kept {
		where += " (removed at the end)"
	}
	_, err := fmt.Fprintf(out, `
Patient Care Aggregator, with a SANDBOX, not the NHS. Every citizen here is made up.

  service   %[1]s
  sandbox   %[2]s/sandbox
  metrics   %[3]s/metrics
  data      %[4]s

Sign in as one of these citizens:
`, s.URL, s.Sandbox.URL(), s.AdminURL, where)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, c := range s.Sandbox.Citizens() {
		_, _ = fmt.Fprintf(table, "  %s\t%s\n", c.Name, c.Story)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, `
In a browser:  %[1]s
Move the clock of both, to see a session end: docs/sandbox.md, "Time"
As an auditor: %[1]s/audit/login, pick ada, then %[1]s/audit/v1/entries

With curl (see README.md for what each step does):
  B=%[1]s
  LOGIN=$(curl -s -c jar -o /dev/null -w '%%{redirect_url}' "$B/auth/login?return_to=/v1/timeline")
  curl -s -L -b jar -c jar "$LOGIN&sandbox_citizen=%[2]s"                # consent_required
  V=$(curl -s $B/v1/privacy-notice | sed 's/.*"version":"\([^"]*\)".*/\1/')
  curl -s -b jar -c jar -H 'Content-Type: application/json' $B/v1/consents \
       -d '{"clientId":"web","scopes":["timeline:read"],"noticeVersion":"'$V'"}'
  curl -s -b jar $B/v1/timeline

Ctrl-C ends it.
`, s.URL, s.Sandbox.Citizens()[0].Name)
	return err
}

// quiet returns a logger for commands that print something other than logs.
func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }
