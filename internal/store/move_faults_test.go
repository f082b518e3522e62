//go:build linux

package store_test

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/store"
)

func TestNothingIsMovedFromOrToTheWrongPlace(t *testing.T) {
	t.Parallel()
	file, target, at := databases(t)
	missing := file + "-misspelt"
	if _, err := move(t, missing, target); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("from a file that is not there: %v", err)
	}
	if _, err := os.Stat(strings.TrimPrefix(missing, "sqlite:")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a misspelt name made a file: %v", err)
	}
	for _, urls := range [][2]string{{target, file}, {file, file}, {target, target}} {
		if _, err := store.Move(t.Context(), urls[0], urls[1], movedEntry(), store.Options{}); !errors.Is(err, store.ErrNotMovable) {
			t.Errorf("%v", err)
		}
	}
	served, err := store.Open(t.Context(), file, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := move(t, file, target); err == nil || !strings.Contains(err.Error(), "another process serves") {
		t.Errorf("from a file that is served: %v", err)
	}
	if err := served.Close(); err != nil {
		t.Fatal(err)
	}
	if served, err = store.Open(t.Context(), target, store.Options{}); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Move(t.Context(), file, target, movedEntry(), store.Options{}); !errors.Is(err, store.ErrServed) {
		t.Errorf("to a database that is served: %v", err)
	}
	if err := served.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := at.Exec(t.Context(), `INSERT INTO ring_keys VALUES ('k', decode(repeat('00', 32), 'hex'))`); err != nil {
		t.Fatal(err)
	}
	if _, err := move(t, file, target); !errors.Is(err, store.ErrNotEmpty) || !strings.Contains(err.Error(), "ring_keys") {
		t.Errorf("to a database with a row: %v", err)
	}
	sizeOf(t, file)
}

// What a command writes behind the move would be lost: an erasure, or a hold.
func TestACommandThatWasOpenBeforeTheMoveWritesNothingAfterIt(t *testing.T) {
	t.Parallel()
	file, target, at := databases(t)
	command, err := store.OpenBeside(t.Context(), file, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = command.Close() }()
	moved, err := move(t, file, target)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := command.Log().Append(t.Context(), audit.Guard{}, shown()); !errors.Is(err, store.ErrMoved) {
			t.Errorf("an entry behind the move: %v", err)
		}
	}
	hasAll(t, file, target, at, moved)
}
