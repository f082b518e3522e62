package sqlite

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/consent"
	"github.com/patient-care-aggregator/aggregator/internal/store/acts"
)

func TestOpening(t *testing.T) {
	t.Run("everything on disk is readable by its owner alone", func(t *testing.T) {
		path := newPath(t)
		db := openAt(t, path)
		fill(t, db, 3)
		files, err := os.ReadDir(filepath.Dir(path))
		if err != nil {
			t.Fatal(err)
		}
		if len(files) < 3 {
			t.Fatalf("only %d files: no WAL?", len(files))
		}
		for _, f := range files {
			info, err := f.Info()
			if err != nil {
				t.Fatal(err)
			}
			if info.Mode().Perm() != private {
				t.Errorf("%s has mode %v", f.Name(), info.Mode())
			}
		}
	})

	t.Run("a file that a volume made group-readable is made private again", func(t *testing.T) {
		path := newPath(t)
		if err := openAt(t, path).Close(); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, 0o660); err != nil {
			t.Fatal(err)
		}
		openAt(t, path)
		if info, _ := os.Stat(path); info.Mode().Perm() != private {
			t.Errorf("mode %v", info.Mode())
		}
	})

	t.Run("odd names are names and not options", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "a b%20c?mode=memory#d'.db")
		fill(t, openAt(t, path), 1)
		if info, err := os.Stat(path); err != nil || info.Size() == 0 {
			t.Errorf("%v, %v", info, err)
		}
		if files, _ := filepath.Glob(filepath.Dir(path) + "/*-wal"); len(files) != 1 {
			t.Errorf("WAL files %v", files)
		}
	})

	t.Run("an unsafe place is refused", func(t *testing.T) {
		open := t.TempDir()
		if err := os.Chmod(open, 0o777); err != nil {
			t.Fatal(err)
		}
		link := newPath(t)
		if err := os.Symlink("/nowhere/care.db", link); err != nil {
			t.Fatal(err)
		}
		one, two := newPath(t), newPath(t)
		if err := errors.Join(os.WriteFile(one, nil, private), os.Link(one, two)); err != nil {
			t.Fatal(err)
		}
		for name, path := range map[string]string{
			"two names of one file":     two,
			"everybody may write there": filepath.Join(open, "care.db"),
			"no such directory":         filepath.Join(t.TempDir(), "none", "care.db"),
			"a link":                    link,
		} {
			if _, err := Open(t.Context(), path, Options{}); !errors.Is(err, ErrUnsafePlace) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})

	t.Run("a second server is refused while the first one serves, and not after", func(t *testing.T) {
		path := newPath(t)
		first := openAt(t, path)
		if _, err := Open(t.Context(), path, Options{}); !errors.Is(err, ErrInUse) {
			t.Errorf("error %v", err)
		}
		if err := first.Close(); err != nil {
			t.Fatal(err)
		}
		openAt(t, path)
	})

	t.Run("a database of another version of the program is left alone", func(t *testing.T) {
		path := newPath(t)
		db := openAt(t, path)
		if err := asWriter(t, db, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, 1)`); err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(t.Context(), path, Options{}); !errors.Is(err, ErrSchema) {
			t.Errorf("serving: %v", err)
		}
		if _, err := OpenBeside(t.Context(), path, Options{}); !errors.Is(err, ErrSchema) {
			t.Errorf("beside: %v", err)
		}
	})

	t.Run("a command does not make a database", func(t *testing.T) {
		path := newPath(t)
		if _, err := OpenBeside(t.Context(), path, Options{}); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("error %v", err)
		}
		if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
			t.Error("it made one")
		}
	})

	t.Run("after closing nothing is written, and closing again is harmless", func(t *testing.T) {
		db := openNew(t)
		for range 2 {
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		}
		if _, err := db.Log().Append(t.Context(), audit.Guard{}, sample(0)); !errors.Is(err, acts.ErrClosed) {
			t.Errorf("error %v", err)
		}
		if _, err := db.Log().Size(t.Context()); err == nil {
			t.Error("it still answers")
		}
	})

	t.Run("readers cannot write", func(t *testing.T) {
		db := openNew(t)
		if _, err := db.read.ExecContext(t.Context(), `DELETE FROM sessions`); err == nil {
			t.Error("a reader wrote")
		}
	})
}

func TestTheLogRefusesChange(t *testing.T) {
	db := openNew(t)
	fill(t, db, 3)
	granted := consent.Event{Seq: 1, ID: "c1", Kind: consent.Granted, Citizen: "PSEUDONYM", Client: "app-one", At: at(0)}
	if err := db.Consents().Record(t.Context(), 0, granted, sample(3)); err != nil {
		t.Fatal(err)
	}
	for name, statement := range map[string]string{
		"changing leaves":               `UPDATE log_leaves SET leaves = '{}' WHERE first = 0`,
		"deleting leaves":               `DELETE FROM log_leaves WHERE first = 0`,
		"replacing leaves":              `INSERT OR REPLACE INTO log_leaves (first, leaves) VALUES (0, '{}')`,
		"changing hashes":               `UPDATE log_hashes SET hashes = zeroblob(32) WHERE first = 0`,
		"deleting hashes":               `DELETE FROM log_hashes WHERE first = 0`,
		"replacing hashes":              `INSERT OR REPLACE INTO log_hashes (first, hashes) VALUES (0, zeroblob(32))`,
		"changing openings":             `UPDATE log_openings SET openings = zeroblob(length(openings)) WHERE first = 0`,
		"moving openings":               `UPDATE log_openings SET first = 9, openings = x'' WHERE first = 0`,
		"deleting openings":             `DELETE FROM log_openings WHERE first = 0`,
		"replacing openings":            `INSERT OR REPLACE INTO log_openings (first, openings) VALUES (0, x'')`,
		"an entry before the beginning": `INSERT INTO log_leaves (first, leaves) VALUES (-1, '{}')`,
		"changing a consent event":      `UPDATE consent_events SET client = 'other'`,
		"deleting a consent event":      `DELETE FROM consent_events`,
	} {
		t.Run(name+" is refused", func(t *testing.T) {
			if err := asWriter(t, db, statement); err == nil {
				t.Error("it was done")
			}
			if _, err := audit.Verify(t.Context(), db.Log()); err != nil {
				t.Error(err)
			}
		})
	}
}
