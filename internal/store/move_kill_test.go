//go:build linux

package store_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/store"
	"github.com/patient-care-aggregator/aggregator/internal/store/postgrestest"
)

// moving is a move in a process of its own.
func moving(t *testing.T, from, to string) (kill func()) {
	t.Helper()
	c := exec.CommandContext(t.Context(), os.Args[0])
	c.Env = append(os.Environ(), moves+"="+from+" "+to)
	said := &bytes.Buffer{}
	c.Stderr = said
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	return func() {
		_ = c.Process.Kill()
		if err := c.Wait(); err == nil || said.Len() > 0 {
			t.Errorf("it ended before it was killed: %v %s", err, said)
		}
	}
}

// stuck waits until a connection to a database waits for a lock.
func stuck(t *testing.T, at *pgx.Conn) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for waiting := false; !waiting; {
		err := at.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM pg_locks JOIN pg_database AS d ON d.oid = database
			WHERE NOT granted AND datname = current_database())`).Scan(&waiting)
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestAMoveThatIsKilledIsMadeAgain(t *testing.T) {
	t.Parallel()
	for _, table := range []string{"subjects", "log_leaves", "staff_sessions", "log_head"} {
		t.Run("at "+table, func(t *testing.T) {
			t.Parallel()
			file, target, at := databases(t)
			before := sizeOf(t, file)
			held, err := at.Begin(t.Context())
			if err == nil {
				_, err = held.Exec(t.Context(), `LOCK TABLE `+table+` IN SHARE MODE`) // it can be read
			}
			if err != nil {
				t.Fatal(err)
			}
			kill := moving(t, file, target)
			stuck(t, at)
			kill()
			hasNothing(t, at)
			if size := sizeOf(t, file); size != before {
				t.Errorf("the file has %d entries and had %d", size, before)
			}
			if err := held.Rollback(t.Context()); err != nil {
				t.Fatal(err)
			}
			moved, err := move(t, file, target)
			if err != nil {
				t.Fatal(err)
			}
			hasAll(t, file, target, at, moved)
		})
	}
}

// Between the commit of the file and that of the new database there is one moment in which
// nothing can be served: the file is sealed, and the same command ends the move.
func TestAMoveThatIsKilledWhenTheFileIsSealedGoesOn(t *testing.T) {
	t.Parallel()
	for name, committed := range map[string]bool{"the server had committed": true, "the server had not": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file, target, at := databases(t)
			other := postgrestest.Database(t, nil)
			for _, statement := range []string{
				`CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_advisory_xact_lock(42); RETURN NULL; END $$`,
				`CREATE CONSTRAINT TRIGGER wait AFTER INSERT ON ring_keys DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION wait()`, // at the commit
				`SELECT pg_advisory_lock(42)`,
			} {
				if _, err := at.Exec(t.Context(), statement); err != nil {
					t.Fatal(err)
				}
			}
			kill := moving(t, file, target)
			stuck(t, at)
			kill()
			hasNothing(t, at)
			if err := closed(store.Open(t.Context(), file, store.Options{})); !errors.Is(err, store.ErrMoved) {
				t.Errorf("the file is served: %v", err)
			}
			if _, err := move(t, file, other); !errors.Is(err, store.ErrMoved) {
				t.Errorf("it goes on to another database: %v", err)
			}
			if !committed {
				if _, err := at.Exec(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE NOT granted AND locktype = 'advisory'
					AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := at.Exec(t.Context(), `SELECT pg_advisory_unlock(42)`); err != nil {
				t.Fatal(err)
			}
			moved, err := move(t, file, target)
			if err != nil {
				t.Fatal(err)
			}
			hasAll(t, file, target, at, moved)
		})
	}
}

func TestNobodyServesOrWritesDuringAMoveThatEndsAtOnceWhenInterrupted(t *testing.T) {
	t.Parallel()
	file, target, at := databases(t)
	before := sizeOf(t, file)
	held, err := at.Begin(t.Context())
	if err == nil {
		_, err = held.Exec(t.Context(), `LOCK TABLE staff_sessions IN SHARE MODE`)
	}
	if err != nil {
		t.Fatal(err)
	}
	ctx, interrupt := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		_, err := store.Move(ctx, file, target, movedEntry(), store.Options{})
		ended <- err
	}()
	stuck(t, at)
	if err := closed(store.Open(t.Context(), file, store.Options{})); err == nil || !strings.Contains(err.Error(), "another process serves") {
		t.Errorf("the file is served: %v", err)
	}
	if err := closed(store.Open(t.Context(), target, store.Options{})); !errors.Is(err, store.ErrServed) {
		t.Errorf("the new database is served: %v", err)
	}
	command, err := store.OpenBeside(t.Context(), file, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if size, err := command.Log().Size(t.Context()); err != nil || size != before {
		t.Errorf("a command reads %d entries, %v", size, err)
	}
	if _, err := command.Log().Append(t.Context(), audit.Guard{}, shown()); err == nil {
		t.Error("a command writes")
	}
	if err := command.Close(); err != nil {
		t.Fatal(err)
	}
	interrupt()
	if err := <-ended; err == nil || !strings.Contains(err.Error(), context.Canceled.Error()) {
		t.Errorf("it ended with %v", err)
	}
	hasNothing(t, at)
	if size := sizeOf(t, file); size != before {
		t.Errorf("the file has %d entries and had %d", size, before)
	}
	if err := held.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
}
