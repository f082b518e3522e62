package sqlite

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
)

func at(n int) time.Time { return time.Date(2026, 11, 3, 12, 0, n, 0, time.UTC) }

func sample(n int) audit.Entry {
	return audit.Entry{
		Kind: audit.DataRefused, At: at(n), Citizen: "PSEUDONYM", Client: "app-one", Actor: audit.ActorCitizen,
		Purpose: "timeline", Outcome: audit.Refused, Digest: "digest", CorrelationID: "c0ffee00-0000-4000-8000-000000000001",
	}
}

func newPath(t testing.TB) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "care.db")
}

func openAt(t testing.TB, path string) *DB {
	t.Helper()
	db, err := Open(context.Background(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func openNew(t testing.TB) *DB {
	t.Helper()
	return openAt(t, newPath(t))
}

func fill(t testing.TB, db *DB, n int) {
	t.Helper()
	entries := make([]audit.Entry, n)
	for i := range entries {
		entries[i] = sample(i)
	}
	if _, err := db.Log().Append(t.Context(), audit.Guard{}, entries...); err != nil {
		t.Fatal(err)
	}
}

// whole verifies the log and returns its size.
func whole(t testing.TB, db *DB, known ...audit.Checkpoint) int64 {
	t.Helper()
	r, err := audit.Verify(t.Context(), db.Log(), known...)
	if err != nil {
		t.Fatal(err)
	}
	return r.Entries
}

// asWriter carries out statements on the writer's own connection.
func asWriter(t testing.TB, db *DB, statements ...string) error {
	t.Helper()
	_, err := db.perform(t.Context(), func(ctx context.Context, x *tx) error {
		for _, s := range statements {
			if err := x.exec(ctx, s); err != nil {
				return err
			}
		}
		return nil
	})
	return err
}

// held keeps the writer busy until the returned function is called.
func held(t testing.TB, db *DB) (release func()) {
	t.Helper()
	begun, end := make(chan struct{}), make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, err := db.perform(context.Background(), func(context.Context, *tx) error {
			close(begun)
			<-end
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}()
	<-begun
	return func() {
		close(end)
		<-done
	}
}

func subjectOf(ref citizen.Ref, sealed string) citizen.Subject {
	return citizen.Subject{Ref: ref, Lookup: citizen.Lookup{KeyID: "k1", MAC: [32]byte{1}}, Sealed: []byte(sealed), CreatedAt: at(0)}
}

func erase(t testing.TB, db *DB, ref citizen.Ref) error {
	t.Helper()
	return db.Subjects().EraseSubject(t.Context(), ref, audit.Entry{
		Kind: audit.Erased, At: at(0), Citizen: ref, Actor: audit.ActorOperator, Outcome: audit.Succeeded,
	})
}

// commitFails writes entries in a batch whose commit fails, before it is written or
// after. No commit succeeds until commitsAgain.
func commitFails(db *DB, written bool, entries ...audit.Entry) error {
	commit := `SELECT abs(-9223372036854775808)` // fails
	if written {
		commit = `COMMIT; ` + commit
	}
	_, err := db.perform(context.Background(), func(ctx context.Context, x *tx) error {
		s, err := x.prepared(ctx, commit) //nolint:sqlclosecheck // closed with the connection
		x.statements[`COMMIT`] = s
		return err
	}, entries...)
	return err
}

func commitsAgain(t testing.TB, db *DB) {
	t.Helper()
	_, err := db.perform(context.Background(), func(_ context.Context, x *tx) error {
		delete(x.statements, `COMMIT`)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// crashed copies a database that is open, as a crash would leave it.
func crashed(t testing.TB, path string) string {
	t.Helper()
	to := newPath(t)
	for _, part := range []string{"", "-wal"} {
		data, err := os.ReadFile(path + part)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to+part, data, private); err != nil {
			t.Fatal(err)
		}
	}
	return to
}

// copyOf copies a database that nobody has open.
func copyOf(t testing.TB, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	to := newPath(t)
	if err := os.WriteFile(to, data, private); err != nil {
		t.Fatal(err)
	}
	return to
}

// onDisk reports whether any file of the database holds a text.
func onDisk(t testing.TB, path, text string) bool {
	t.Helper()
	files, err := filepath.Glob(path + "*")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(data, []byte(text)) {
			return true
		}
	}
	return false
}

// checkpoint is the log as it stands, as a checkpoint would say it.
func checkpointOf(t testing.TB, db *DB) audit.Checkpoint {
	t.Helper()
	r, err := audit.Verify(t.Context(), db.Log())
	if err != nil {
		t.Fatal(err)
	}
	return audit.Checkpoint{Size: r.Entries, Root: r.Root}
}
