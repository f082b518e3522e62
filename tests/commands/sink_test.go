package commands_test

import (
	"encoding/pem"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/patient-care-aggregator/aggregator/tests/harness"
)

// sink keeps checkpoints elsewhere, over https.
type sink struct {
	mu    sync.Mutex
	notes []string
	get   int // status of answers to GET; 0: the newest checkpoint

	address, trust string // trust is a setting that lets a program trust its certificate
}

func newSink(t *testing.T) *sink {
	t.Helper()
	s := &sink{}
	server := httptest.NewTLSServer(s)
	t.Cleanup(server.Close)
	certificate := filepath.Join(t.TempDir(), "sink.pem")
	if err := os.WriteFile(certificate, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	s.address, s.trust = server.URL+"/keep", "SSL_CERT_FILE="+certificate
	return s
}

// ServeHTTP implements http.Handler.
func (s *sink) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case r.Header.Get("Authorization") != "Bearer a-token-of-the-sink":
		w.WriteHeader(http.StatusForbidden)
	case r.Method == http.MethodPost:
		note, err := io.ReadAll(r.Body)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		s.notes = append(s.notes, string(note))
	case s.get != 0:
		w.WriteHeader(s.get)
	case len(s.notes) == 0:
		w.WriteHeader(http.StatusNotFound)
	default:
		_, _ = io.WriteString(w, s.notes[len(s.notes)-1])
	}
}

func (s *sink) answers(status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.get = status
}

func (s *sink) kept() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.notes)
}

// TestTheSinkElsewhereFindsAMachineThatWasPutBack restores the whole folder of the service,
// with the checkpoints next to the database: only the https sink knows what was signed.
func TestTheSinkElsewhereFindsAMachineThatWasPutBack(t *testing.T) {
	t.Parallel()
	d, k := deploy(t), newSink(t)
	d.environ = append(d.environ, k.trust, "PCA_AUDIT_CHECKPOINT_SINK="+k.address, "PCA_AUDIT_CHECKPOINT_SINK_TOKEN=a-token-of-the-sink")
	path := strings.TrimPrefix(d.database, "sqlite:")
	says := func(code int, says string, args ...string) {
		t.Helper()
		if r := run(t, d.environ, args...); r.code != code || !strings.Contains(r.stdout+r.stderr, says) || strings.Contains(r.stderr, k.address) || strings.Contains(r.stderr, "a-token") {
			t.Errorf("%q: exit code %d: %s%s", args, r.code, r.stdout, r.stderr)
		}
	}
	serve := func(status int, line string) *program {
		t.Helper()
		p := begin(t, d.environ, "serve")
		p.says(p.stderr, `"msg":"ready"`)
		if !strings.Contains(p.stderr.String(), line) {
			t.Errorf("it does not say %q: %s", line, p.stderr)
		}
		if got := d.looks(t, "sunny"); got != status {
			t.Errorf("timeline: status %d", got)
		}
		return p
	}
	stop := func(p *program) { t.Helper(); p.stop(os.Interrupt) }
	ready := func(status int) {
		t.Helper()
		if a := harness.NewBrowser(t, d.url).Get("/readyz"); a.Status != status {
			t.Errorf("ready: status %d", a.Status)
		}
	}

	p := serve(http.StatusOK, "")
	says(0, "OK: checkpoint sink", "config", "check", "--online")
	stop(p)
	backup := snapshot(t, path)

	p = serve(http.StatusOK, "")
	before := k.kept()
	says(0, "The log is whole", "audit", "verify")
	says(0, "log", "audit", "checkpoint")
	if k.kept() == before {
		t.Error("the command published nothing")
	}

	// The sink cannot be read any more: what was proved goes on, and nothing is signed.
	k.answers(http.StatusServiceUnavailable)
	says(1, "cannot be read back", "audit", "checkpoint")
	says(1, "cannot be read back", "audit", "verify")
	says(1, "FAIL: checkpoint sink: the checkpoint sink cannot be read back", "config", "check", "--online")
	if status := d.looks(t, "bella"); status != http.StatusOK {
		t.Errorf("timeline while the sink is away: status %d", status)
	}
	stop(p)

	// It is still away at the start, when only it could tell.
	p = serve(http.StatusServiceUnavailable, "no data is shown until the checkpoint sink was read back")
	ready(http.StatusServiceUnavailable)
	k.answers(0)
	p.says(p.stderr, "the log continues what the checkpoint sinks keep")
	ready(http.StatusOK)
	if status := d.looks(t, "sunny"); status != http.StatusOK {
		t.Errorf("timeline once the sink was read: status %d", status)
	}
	stop(p)

	// One that can only be written to is told of.
	k.answers(http.StatusMethodNotAllowed)
	p = serve(http.StatusOK, "can only be written to")
	says(0, "WARN: checkpoint sink: the checkpoint sink can only be written to", "config", "check", "--online")
	says(0, "it shows no checkpoint", "audit", "verify")
	stop(p)
	k.answers(0)

	restore(t, backup)
	says(1, "truncated", "audit", "verify")
	p = serve(http.StatusServiceUnavailable, "the log is not the one that was signed")
	ready(http.StatusServiceUnavailable)
	stop(p)
	accept := []string{"audit", "accept-fork", "0:x", "--reason", "restore", "--operator", "Ada Lovelace", "--approved-by", "Grace Hopper"}
	r := run(t, d.environ, accept...)
	_, state, found := strings.Cut(strings.TrimSpace(r.stderr), "it is ")
	if !found {
		t.Fatalf("the state is not told: %s", r.stderr)
	}
	accept[2] = state
	k.answers(http.StatusServiceUnavailable)
	says(1, "cannot be read back", accept...)
	says(1, "continues the last signed checkpoint", append(accept, "--sink=")...)
	k.answers(0)
	says(0, "/since-", accept...)
	p = serve(http.StatusOK, "not signed with a key of this log")
	stop(p)
	says(0, "The log is whole", "audit", "verify")
}

// looks signs a citizen in, who consents where that is due, and gives the timeline's status.
func (d deployment) looks(t *testing.T, citizen string) int {
	t.Helper()
	b := harness.NewBrowser(t, d.url)
	harness.Answered(t, b.SignIn(citizen), http.StatusOK)
	a := b.Get("/v1/timeline")
	if a.Status == http.StatusForbidden {
		b.Consent()
		a = b.Get("/v1/timeline")
	}
	return a.Status
}

// snapshot is what a machine has of a service: every file next to its database.
func snapshot(t *testing.T, path string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	found, err := filepath.Glob(path + "*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range found {
		if files[name], err = os.ReadFile(name); err != nil {
			t.Fatal(err)
		}
	}
	if len(files) < 4 {
		t.Fatalf("only %d files were found", len(files))
	}
	for _, beside := range []string{"-wal", "-shm"} {
		if _, ok := files[path+beside]; !ok {
			files[path+beside] = nil
		}
	}
	return files
}

// restore puts files back; nil: the file goes.
func restore(t *testing.T, files map[string][]byte) {
	t.Helper()
	for name, text := range files {
		err := os.Remove(name)
		if text != nil {
			err = os.WriteFile(name, text, 0o600)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
	}
}
