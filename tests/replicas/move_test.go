//go:build linux

package replicas_test

import (
	"errors"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/local"
	"github.com/patient-care-aggregator/aggregator/internal/store"
	"github.com/patient-care-aggregator/aggregator/internal/store/postgrestest"
	"github.com/patient-care-aggregator/aggregator/tests/harness"
)

func movedNow() audit.Entry {
	return audit.Entry{Kind: audit.Moved, At: time.Now(), Actor: audit.ActorOperator, Outcome: audit.Succeeded, Purpose: "to another database"}
}

// What a citizen has in a file is theirs in the database that it was moved to: the session,
// the consent, what was observed, and one log with one root.
func TestMovedToPostgreSQL(t *testing.T) {
	t.Parallel()
	dir := harness.DataDir(t)
	s := harness.Start(t, func(o *local.Options) { o.DataDir = dir }, harness.Env("PCA_DATABASE_URL", "sqlite:"+filepath.Join(dir, "aggregator.db")))
	b := s.Consented("bella")
	b.Must(b.Journey.Consent(t.Context(), b.Get("/v1/changes").Body)) // to history:store
	b.Get("/v1/timeline")
	consents := b.Get("/v1/consents").Body
	b.Get("/v1/timeline")
	file := s.Env["PCA_DATABASE_URL"]
	where := func(address string) string { return strings.TrimPrefix(address, "http://") }
	addr, admin, nhs, now := where(s.URL), where(s.AdminURL), where(s.Sandbox.URL()), s.Clock.Now
	s.Stop()

	target := postgrestest.Database(t, nil)
	full := postgrestest.Database(t, nil)
	notEmpty, err := store.Open(t.Context(), full, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := notEmpty.Log().Append(t.Context(), audit.Guard{}, movedNow()); err != nil {
		t.Fatal(err)
	}
	if err := notEmpty.Close(); err != nil {
		t.Fatal(err)
	}
	move := func(to string) (audit.Checkpoint, error) {
		for { // the server notices the end of a connection a little later
			c, err := store.Move(t.Context(), file, to, movedNow(), store.Options{})
			if !errors.Is(err, store.ErrServed) {
				return c, err
			}
		}
	}
	if _, err := move(full); !errors.Is(err, store.ErrNotEmpty) {
		t.Errorf("into a database with rows: %v", err)
	}

	// A move that cannot end leaves the file as it was.
	conn := postgrestest.Connect(t, target)
	empty, err := store.Open(t.Context(), target, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := empty.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), `CREATE TRIGGER interrupted BEFORE INSERT ON staff_accounts EXECUTE FUNCTION refuse('interrupted')`); err != nil {
		t.Fatal(err)
	}
	if _, err := move(target); err == nil || !strings.Contains(err.Error(), "interrupted") {
		t.Fatalf("interrupted: %v", err)
	}
	served, err := store.Open(t.Context(), file, store.Options{})
	if err != nil {
		t.Fatalf("the file is not served: %v", err)
	}
	if err := served.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), `DROP TRIGGER interrupted ON staff_accounts`); err != nil {
		t.Fatal(err)
	}
	first, err := move(target)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := move(target); err != nil || again.Root != first.Root || again.Size != first.Size {
		t.Errorf("moved again: %+v, %v", again, err)
	}
	if _, err := store.Open(t.Context(), file, store.Options{}); !errors.Is(err, store.ErrMoved) {
		t.Errorf("the file is served again: %v", err)
	}
	if _, err := move(full); !errors.Is(err, store.ErrMoved) {
		t.Errorf("it is moved to another database: %v", err)
	}

	s = harness.Start(t, func(o *local.Options) {
		o.DataDir, o.Now, o.Addr, o.AdminAddr, o.SandboxAddr = dir, now, addr, admin, nhs
	}, harness.Env("PCA_DATABASE_URL", target, "PCA_AUDIT_CHECKPOINT_KEY_FILE", filepath.Join(dir, "aggregator.db.checkpoint-key"),
		"PCA_AUDIT_CHECKPOINT_SINK", filepath.Join(dir, "aggregator.db.checkpoints")))
	b.Service = s
	harness.Answered(t, b.Get("/v1/timeline"), http.StatusOK)
	harness.Answered(t, b.Get("/v1/changes"), http.StatusOK)
	if got := b.Get("/v1/consents").Body; string(got) != string(consents) {
		t.Errorf("consents were %s and are %s", consents, got)
	}
	(&fleet{Service: s}).whole()
}
