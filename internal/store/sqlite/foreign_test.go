package sqlite

import (
	"errors"
	"testing"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
)

func TestBesideAServer(t *testing.T) {
	beside := func(t *testing.T, path string) *DB {
		t.Helper()
		db, err := OpenBeside(t.Context(), path, Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		return db
	}

	t.Run("a log that became shorter under the server stops all writing", func(t *testing.T) {
		db := openNew(t)
		for range 5 {
			fill(t, db, 1)
		}
		err := asWriter(t, beside(t, db.path), `DROP TRIGGER log_hashes_never_go`, `DROP TRIGGER log_leaves_never_go`,
			`DELETE FROM log_hashes WHERE first >= 3`, `DELETE FROM log_leaves WHERE first >= 3`)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if _, err := db.Log().Append(t.Context(), audit.Guard{}, sample(1)); !errors.Is(err, ErrLogShrank) {
				t.Errorf("error %v", err)
			}
		}
	})
}

func TestErasedBytesAreGone(t *testing.T) {
	path := newPath(t)
	db := openAt(t, path)
	const secret = "sealed-bytes-of-ann-that-must-go"
	if _, err := db.Subjects().AddSubject(t.Context(), subjectOf("ANN", secret)); err != nil {
		t.Fatal(err)
	}
	if !onDisk(t, path, secret) {
		t.Fatal("it never was on disk")
	}
	if err := erase(t, db, "ANN"); err != nil {
		t.Fatal(err)
	}
	if onDisk(t, path, secret) {
		t.Error("it is still on disk")
	}
}
