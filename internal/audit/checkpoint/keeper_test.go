package checkpoint_test

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit/audittest"
	"github.com/patient-care-aggregator/aggregator/internal/audit/checkpoint"
	"github.com/patient-care-aggregator/aggregator/internal/keys"
)

// keeper is an https sink as HTTPSink describes it.
type keeper struct {
	mu    sync.Mutex
	notes []string
	// get answers GET instead; nil: the newest note.
	get http.HandlerFunc

	address string
	client  *http.Client
}

func newKeeper(t *testing.T) *keeper {
	t.Helper()
	k := &keeper{}
	server := httptest.NewTLSServer(k)
	t.Cleanup(server.Close)
	t.Cleanup(server.CloseClientConnections)
	k.address, k.client = server.URL, server.Client()
	return k
}

// ServeHTTP implements http.Handler.
func (k *keeper) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case r.Header.Get("Authorization") != "Bearer a-token":
		w.WriteHeader(http.StatusUnauthorized)
	case r.Method == http.MethodPost:
		note, err := io.ReadAll(r.Body)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		k.notes = append(k.notes, string(note))
	case k.get != nil:
		k.get(w, r)
	case len(k.notes) == 0:
		w.WriteHeader(http.StatusNoContent)
	default:
		_, _ = io.WriteString(w, k.notes[len(k.notes)-1])
	}
}

func (k *keeper) answering(get http.HandlerFunc) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.get = get
}

func (k *keeper) kept() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return append([]string{}, k.notes...)
}

// publisher signs a log for the keeper, with the key at path, on a machine that keeps
// nothing else. What the operator should know is written to the buffer.
func (k *keeper) publisher(t *testing.T, path string, l *audittest.Log) (*checkpoint.Publisher, *bytes.Buffer) {
	t.Helper()
	said := &bytes.Buffer{}
	p, _, err := checkpoint.OpenPublisher(checkpoint.Options{
		File: filepath.Join(t.TempDir(), "checkpoints"), KeyPath: path, Origin: "log.example", Sink: k.address, Token: keys.NewSecret("a-token"),
		HTTP: newClient(t, k.client.Transport), Log: l, Now: func() time.Time { return audittest.Day(3) }, Logger: slog.New(slog.NewTextHandler(said, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	return p, said
}

// before is the log when it had that many entries.
func before(l *audittest.Log, size int) *audittest.Log {
	return &audittest.Log{Stored: slices.Clone(l.Stored[:size])}
}

// keeps puts a note of a log at the keeper.
func (k *keeper) keeps(t *testing.T, l *audittest.Log, by checkpoint.Key) {
	t.Helper()
	note, err := checkpoint.Sign(l.Checkpoint(t), by.Signers...)
	if err != nil {
		t.Fatal(err)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.notes = append(k.notes, string(note))
}
