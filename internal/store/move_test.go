//go:build linux

package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	_ "modernc.org/sqlite"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/store"
	"github.com/patient-care-aggregator/aggregator/internal/store/postgrestest"
)

// moves has this program move a database instead of test: from, a space, and to.
const moves = "PCA_TEST_MOVE"

func TestMain(m *testing.M) {
	if from, to, found := strings.Cut(os.Getenv(moves), " "); found {
		if _, err := store.Move(context.Background(), from, to, movedEntry(), store.Options{}); err != nil {
			_, _ = fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(postgrestest.Main(m))
}

// somebody is the pseudonym of the citizen in a file, and every text in rows that are made up.
const somebody citizen.Ref = "SOMEBODY"

var noon = time.Date(2026, 11, 3, 12, 0, 0, 123456789, time.UTC)

func movedEntry() audit.Entry {
	return audit.Entry{Kind: audit.Moved, At: noon.Add(time.Hour), Actor: audit.ActorOperator, Outcome: audit.Succeeded, Purpose: "to another database"}
}

func shown() audit.Entry {
	return audit.Entry{Kind: audit.DataRefused, At: noon, Citizen: somebody, Client: "app-one", Actor: audit.ActorCitizen, Purpose: "timeline", Outcome: audit.Refused, Reason: "withdrawn"}
}

// databases are a file with rows in every table, and a database that it can be moved to.
func databases(t *testing.T) (file, target string, at *pgx.Conn) {
	t.Helper()
	target = postgrestest.Database(t, func(url string) error { return closed(store.Open(context.Background(), url, store.Options{})) })
	return filledFile(t), target, postgrestest.Connect(t, target)
}

func closed(s *store.Store, err error) error {
	if err != nil {
		return err
	}
	return s.Close()
}

// filledFile is a file with a log about somebody and at least one row in every table, so that
// a table that is added later has one too.
func filledFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "care.db")
	s, err := store.Open(t.Context(), "sqlite:"+path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	const erased citizen.Ref = "ERASED"
	for i, ref := range []citizen.Ref{somebody, erased} {
		subject := citizen.Subject{Ref: ref, Lookup: citizen.Lookup{KeyID: "k1", MAC: [32]byte{byte(i)}}, Sealed: []byte{0, 1, 255}, CreatedAt: noon}
		if _, err := s.Subjects().AddSubject(t.Context(), subject); err != nil {
			t.Fatal(err)
		}
		for range 3 { // each is committed by itself
			e := shown()
			e.Citizen = ref
			if _, err := s.Log().Append(t.Context(), audit.Guard{}, shown(), e); err != nil {
				t.Fatal(err)
			}
		}
	}
	erasure := audit.Entry{Kind: audit.Erased, At: noon, Citizen: erased, Actor: audit.ActorOperator, Outcome: audit.Succeeded, Purpose: "erasure"}
	if err := s.Subjects().EraseSubjectAndOpenings(t.Context(), erased, erasure); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	db := inside(t, path)
	// The table of heads can be behind the log, after a crash.
	execute(t, db, `UPDATE log_heads SET number = 0, last = -1`)
	execute(t, db, `UPDATE log_heads_at SET size = 0`)
	for table, columns := range tablesOf(t, db) {
		var there bool
		if err := db.QueryRowContext(t.Context(), `SELECT EXISTS (SELECT 1 FROM `+table+`)`).Scan(&there); err != nil {
			t.Fatal(err)
		}
		if there {
			continue
		}
		var values []string
		for _, c := range columns {
			values = append(values, map[string]string{"TEXT": `'` + string(somebody) + `'`, "INTEGER": `1`, "BLOB": `zeroblob(32)`}[c.kind])
		}
		execute(t, db, `INSERT INTO `+table+` (`+strings.Join(names(columns), ", ")+`) VALUES (`+strings.Join(values, ", ")+`)`)
	}
	return "sqlite:" + path
}

// inside opens a file beneath the store.
func inside(t *testing.T, file string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", strings.TrimPrefix(file, "sqlite:"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func execute(t *testing.T, db *sql.DB, statement string) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

type column struct{ name, kind string }

func names(columns []column) (out []string) {
	for _, c := range columns {
		out = append(out, c.name)
	}
	return out
}

// tablesOf are the tables of a file with what has to be moved.
func tablesOf(t *testing.T, db *sql.DB) map[string][]column {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), `SELECT t.name, c.name, c.type FROM sqlite_schema AS t, pragma_table_xinfo(t.name) AS c
		WHERE t.type = 'table' AND c.hidden = 0 AND t.name NOT LIKE 'sqlite_%' AND t.name NOT IN ('goose_db_version', 'log_heads_at', 'moved')`)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	tables := map[string][]column{}
	for rows.Next() {
		var table string
		var c column
		if err := rows.Scan(&table, &c.name, &c.kind); err != nil {
			t.Fatal(err)
		}
		tables[table] = append(tables[table], c)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return tables
}

// sizeOf is how many entries the log of a file has, which must be one that is not sealed.
func sizeOf(t *testing.T, file string) int64 {
	t.Helper()
	s, err := store.OpenAlone(t.Context(), file, store.Options{})
	if err != nil {
		t.Fatalf("the file is not usable: %v", err)
	}
	defer func() { _ = s.Close() }()
	report, err := audit.Verify(t.Context(), s.Log())
	if err != nil {
		t.Fatal(err)
	}
	return report.Entries
}

// move moves, once the server has noticed that earlier connections ended.
func move(t *testing.T, from, to string) (audit.Checkpoint, error) {
	t.Helper()
	for {
		c, err := store.Move(t.Context(), from, to, movedEntry(), store.Options{})
		if !errors.Is(err, store.ErrServed) || t.Context().Err() != nil {
			return c, err
		}
	}
}

// tablesIn are the tables of a database that something can be moved to.
func tablesIn(t *testing.T, at *pgx.Conn) []string {
	t.Helper()
	rows, err := at.Query(t.Context(), `SELECT table_name::text FROM information_schema.tables
		WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' AND table_name NOT IN ('goose_db_version', 'log_head', 'changes')`)
	if err != nil {
		t.Fatal(err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return tables
}

// hasNothing requires that no row was moved.
func hasNothing(t *testing.T, at *pgx.Conn) {
	t.Helper()
	var size int64
	if err := at.QueryRow(t.Context(), `SELECT size FROM log_head`).Scan(&size); err != nil || size != 0 {
		t.Errorf("the log has %d entries, %v", size, err)
	}
	for _, table := range tablesIn(t, at) {
		var rows int
		if err := at.QueryRow(t.Context(), `SELECT count(*) FROM `+table).Scan(&rows); err != nil || rows != 0 {
			t.Errorf("%s has %d rows, %v", table, rows, err)
		}
	}
}

// hasAll requires that a database has every row of a file, and a whole log that goes on.
func hasAll(t *testing.T, file, target string, at *pgx.Conn, moved audit.Checkpoint) {
	t.Helper()
	db := inside(t, file)
	tables := tablesOf(t, db)
	for _, table := range tablesIn(t, at) {
		columns := tables[table]
		if columns == nil {
			t.Errorf("%s has no rows in the file: is it to be moved?", table)
			continue
		}
		query := `SELECT ` + strings.Join(names(columns), ", ") + ` FROM ` + table
		here, err := at.Query(t.Context(), query)
		if err != nil {
			t.Fatal(err)
		}
		got, err := pgx.CollectRows(here, func(row pgx.CollectableRow) (string, error) { v, err := row.Values(); return text(v), err })
		if err != nil {
			t.Fatal(err)
		}
		want := rowsOf(t, db, query, len(columns))
		slices.Sort(got)
		slices.Sort(want)
		if len(want) == 0 || !slices.Equal(got, want) {
			t.Errorf("%s has\n%q\nin the file, and\n%q\nwhere it was moved", table, want, got)
		}
	}
	s, err := store.Open(t.Context(), target, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	report, err := audit.Verify(t.Context(), s.Log(), moved)
	if err != nil || report.Entries != moved.Size || report.Root != moved.Root {
		t.Errorf("the log is %+v, %v, and %+v was moved", report, err, moved)
	}
	if _, err := s.Log().Append(t.Context(), audit.Guard{}, shown()); err != nil {
		t.Error(err)
	}
	if report, err := audit.Verify(t.Context(), s.Log(), moved); err != nil || report.Entries != moved.Size+1 {
		t.Errorf("the log goes on as %+v, %v", report, err)
	}
}

func rowsOf(t *testing.T, db *sql.DB, query string, columns int) (out []string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		values, into := make([]any, columns), make([]any, columns)
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		out = append(out, text(values))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// text is a row as text that is the same from both kinds of database.
func text(values []any) string {
	var out []string
	for _, v := range values {
		switch v := v.(type) {
		case []byte:
			out = append(out, string(v))
		case bool:
			out = append(out, map[bool]string{false: "0", true: "1"}[v])
		default:
			out = append(out, fmt.Sprint(v))
		}
	}
	return strings.Join(out, "|")
}
