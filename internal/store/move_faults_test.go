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
	"github.com/patient-care-aggregator/aggregator/internal/store/postgrestest"
)

func TestEveryRowIsMovedOnce(t *testing.T) {
	t.Parallel()
	file, target, at := databases(t)
	other := postgrestest.Database(t, nil)
	before := sizeOf(t, file)
	moved, err := move(t, file, target)
	if err != nil {
		t.Fatal(err)
	}
	if moved.Size != before+1 {
		t.Errorf("%d entries were moved of %d and the one about it", moved.Size, before)
	}
	if again, err := move(t, file, target); err != nil || again != moved {
		t.Errorf("moved again: %+v, %v", again, err)
	}
	if _, err := move(t, file, other); !errors.Is(err, store.ErrMoved) {
		t.Errorf("moved to another database: %v", err)
	}
	hasNothing(t, postgrestest.Connect(t, other))
	for name, err := range map[string]error{
		"served":              closed(store.Open(t.Context(), file, store.Options{})),
		"opened by a command": closed(store.OpenBeside(t.Context(), file, store.Options{})),
		"opened alone":        closed(store.OpenAlone(t.Context(), file, store.Options{})),
	} {
		if !errors.Is(err, store.ErrMoved) || !strings.Contains(err.Error(), "/care") {
			t.Errorf("%s: %v", name, err)
		}
	}
	hasAll(t, file, target, at, moved)
	if _, err := move(t, file, target); !errors.Is(err, store.ErrMoved) { // the log goes on there
		t.Errorf("moved again behind a later entry: %v", err)
	}
}

// What keeps a move from ending must not cost the file: it is served as before.
func TestAMoveThatCannotEndLeavesTheFileAsItWas(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ file, undoFile, target, undoTarget string }{
		"a table takes no row":       {target: `CREATE TRIGGER no BEFORE INSERT ON staff_accounts EXECUTE FUNCTION refuse('no')`, undoTarget: `DROP TRIGGER no ON staff_accounts`},
		"the end cannot be written":  {target: `CREATE TRIGGER no BEFORE UPDATE ON log_head EXECUTE FUNCTION refuse('no')`, undoTarget: `DROP TRIGGER no ON log_head`},
		"a row has no place":         {target: `ALTER TABLE staff_accounts ADD CHECK (key_id = '')`, undoTarget: `ALTER TABLE staff_accounts DROP CONSTRAINT staff_accounts_key_id_check`},
		"a table is only in the new": {target: `CREATE TABLE other (one integer)`, undoTarget: `DROP TABLE other`},
		"a column is only in the new": {
			target: `ALTER TABLE staff_accounts ADD COLUMN other text`, undoTarget: `ALTER TABLE staff_accounts DROP COLUMN other`,
		},
		"a table is only in the file":  {file: `CREATE TABLE other (one INTEGER) STRICT`, undoFile: `DROP TABLE other`},
		"a column is only in the file": {file: `ALTER TABLE staff_accounts ADD COLUMN other TEXT`, undoFile: `ALTER TABLE staff_accounts DROP COLUMN other`},
		"a text that cannot be kept":   {file: `UPDATE log_holds SET reason = 'a' || char(0)`, undoFile: `UPDATE log_holds SET reason = 'a'`},
		"the seal cannot be written": {
			file:     `CREATE TRIGGER no BEFORE INSERT ON moved BEGIN SELECT RAISE(ABORT, 'no'); END`,
			undoFile: `DROP TRIGGER no`,
		},
		"rows go missing": {
			target:     `CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$; CREATE TRIGGER no BEFORE INSERT ON sessions FOR EACH ROW EXECUTE FUNCTION swallow()`,
			undoTarget: `DROP TRIGGER no ON sessions`,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file, target, at := databases(t)
			before := sizeOf(t, file)
			change := func(inFile, inTarget string) {
				if inFile != "" {
					execute(t, inside(t, file), inFile)
				}
				if inTarget != "" {
					if _, err := at.Exec(t.Context(), inTarget); err != nil {
						t.Fatal(err)
					}
				}
			}
			change(c.file, c.target)
			if _, err := move(t, file, target); err == nil {
				t.Error("it was moved")
			}
			hasNothing(t, at)
			if size := sizeOf(t, file); size != before {
				t.Errorf("the file has %d entries and had %d", size, before)
			}
			change(c.undoFile, c.undoTarget)
			moved, err := move(t, file, target)
			if err != nil {
				t.Fatal(err)
			}
			hasAll(t, file, target, at, moved)
		})
	}
}

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

// Extensions put views next to the tables, such as pg_stat_statements.
func TestAViewInTheNewDatabaseIsNoTable(t *testing.T) {
	t.Parallel()
	file, target, at := databases(t)
	if _, err := at.Exec(t.Context(), `CREATE VIEW statistics AS SELECT 1 AS one`); err != nil {
		t.Fatal(err)
	}
	moved, err := move(t, file, target)
	if err != nil {
		t.Fatal(err)
	}
	hasAll(t, file, target, at, moved)
}

// Operators set limits for a database or a role. A move takes as long as it takes.
func TestAMoveIsNotEndedByALimitOfTheServer(t *testing.T) {
	t.Parallel()
	file, target, at := databases(t)
	for _, statement := range []string{
		`CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(1); RETURN NEW; END $$`,
		`CREATE TRIGGER slow BEFORE INSERT ON staff_accounts EXECUTE FUNCTION slow()`,
		`DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET statement_timeout = 500', current_database()); END $$`,
	} {
		if _, err := at.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	moved, err := move(t, file, target)
	if err != nil {
		t.Fatal(err)
	}
	hasAll(t, file, target, at, moved)
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
