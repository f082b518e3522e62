package commands_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// result is how a command ended.
type result struct {
	stdout, stderr string
	code           int
}

// run runs a command to its end, with nothing in its environment but what is given.
func run(t *testing.T, environ []string, args ...string) result {
	t.Helper()
	p := begin(t, environ, args...)
	return p.end()
}

// program is a command that runs.
type program struct {
	t      *testing.T
	cmd    *exec.Cmd
	stdout *output
	stderr *output
	ended  sync.Once
	result result
}

// patience is for a slow machine; nothing is measured by it.
const patience = time.Minute

func begin(t *testing.T, environ []string, args ...string) *program {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 2*patience)
	p := &program{t: t, stdout: newOutput(), stderr: newOutput()}
	p.cmd = exec.CommandContext(ctx, os.Getenv(binary), args...)
	p.cmd.Env = append([]string{"HOME=" + t.TempDir(), "PATH=" + os.Getenv("PATH"), "TMPDIR=" + t.TempDir()}, environ...)
	p.cmd.Stdout, p.cmd.Stderr = p.stdout, p.stderr
	if err := p.cmd.Start(); err != nil {
		cancel()
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.stop(os.Kill)
		cancel()
	})
	return p
}

// end waits for the command to end by itself.
func (p *program) end() result {
	p.t.Helper()
	p.ended.Do(func() {
		err := p.cmd.Wait()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			p.t.Error(err)
		}
		p.result = result{p.stdout.String(), p.stderr.String(), p.cmd.ProcessState.ExitCode()}
	})
	return p.result
}

// stop sends this one process a signal and waits for its end.
func (p *program) stop(signal os.Signal) result {
	p.t.Helper()
	if err := p.cmd.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		p.t.Error(err)
	}
	return p.end()
}

// output keeps what a command says and wakes who waits for it.
type output struct {
	mu    sync.Mutex
	text  bytes.Buffer
	heard chan struct{} // closed and replaced at each write
}

func newOutput() *output { return &output{heard: make(chan struct{})} }

// Write implements io.Writer.
func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	close(o.heard)
	o.heard = make(chan struct{})
	return o.text.Write(b) //nolint:wrapcheck // never fails
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

func (o *output) now() (string, <-chan struct{}) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String(), o.heard
}

// says waits until a text was said, and returns everything up to now.
func (p *program) says(o *output, text string) string {
	p.t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	for {
		said, more := o.now()
		if strings.Contains(said, text) {
			return said
		}
		select {
		case <-more:
		case <-deadline.C:
			p.t.Fatalf("never said %q: %s\n%s", text, p.stdout, p.stderr)
		}
	}
}

// freeAddress is a port that was free a moment ago and that nobody else here is given: it
// is below those that the system hands out.
func freeAddress(t *testing.T) string {
	t.Helper()
	const lowest, ports = 20_000, 10_000
	var c net.ListenConfig
	for range ports {
		port := lowest + int(nextPort.Add(1)+int64(os.Getpid()))%ports
		l, err := c.Listen(t.Context(), "tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			defer closed(t, l)
			return l.Addr().String()
		}
	}
	t.Fatal("no port is free")
	return ""
}

var nextPort atomic.Int64 //nolint:gochecknoglobals // each test of the package gets other ports

func closed(t *testing.T, c io.Closer) {
	t.Helper()
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

// succeeded asserts the exit code 0 and that nothing was complained about.
func succeeded(t *testing.T, r result) {
	t.Helper()
	if r.code != 0 || r.stderr != "" {
		t.Fatalf("exit code %d: %s%s", r.code, r.stdout, r.stderr)
	}
}
