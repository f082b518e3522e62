package sqlite

import (
	"errors"
	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"testing"
	"time"
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

	t.Run("server and command append to one log in turns", func(t *testing.T) {
		path := newPath(t)
		server, command := openAt(t, path), beside(t, path)
		for i := range 10 {
			for _, db := range []*DB{server, command} {
				if _, err := db.Log().Append(t.Context(), audit.Guard{}, sample(i)); err != nil {
					t.Fatal(err)
				}
			}
		}
		if n := whole(t, server); n != 20 {
			t.Errorf("%d entries", n)
		}
	})

	t.Run("the server drops what it remembers before it answers the next act", func(t *testing.T) {
		path := newPath(t)
		server, err := Open(t.Context(), path, Options{WatchEvery: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = server.Close() })
		dropped := 0
		server.OnForeignWrite(func() { dropped++ })
		fill(t, server, 1)
		if dropped != 0 {
			t.Fatal("its own write counted as foreign")
		}
		fill(t, beside(t, path), 1)
		fill(t, server, 1)
		if dropped != 1 {
			t.Errorf("dropped %d times", dropped)
		}
	})

	t.Run("the server notices while it has nothing to write", func(t *testing.T) {
		path := newPath(t)
		server, err := Open(t.Context(), path, Options{WatchEvery: time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = server.Close() })
		noticed := make(chan struct{}, 100)
		server.OnForeignWrite(func() { noticed <- struct{}{} })
		fill(t, beside(t, path), 1)
		select {
		case <-noticed:
		case <-time.After(10 * time.Second):
			t.Error("it did not")
		}
	})

	t.Run("a log that became shorter under the server stops all writing", func(t *testing.T) {
		db := openNew(t)
		fill(t, db, 5)
		err := asWriter(t, beside(t, db.path), `DROP TRIGGER log_hashes_never_go`, `DROP TRIGGER log_entries_go_by_retention_alone`,
			`DELETE FROM log_hashes WHERE seq >= 3`, `DELETE FROM log_entries WHERE seq >= 3`)
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
	if err := db.Subjects().EraseSubject(t.Context(), "ANN"); err != nil {
		t.Fatal(err)
	}
	if onDisk(t, path, secret) {
		t.Error("it is still on disk")
	}
}
