//go:build linux

package postgrestrial

import (
	"bufio"
	"context"
	_ "embed"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
)

// server is a PostgreSQL of its own, in a folder of its own, reached by a Unix socket.
type server struct{ folder string }

// startServer starts a server, which ends with the test. fsync is on, as by default.
func startServer(t testing.TB) *server {
	t.Helper()
	programs, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if err != nil || len(programs) == 0 {
		const missing = "PostgreSQL is not installed (Debian's package postgresql): its form is not tried"
		if os.Getenv("PCA_REQUIRE_TOOLS") != "" {
			t.Fatal(missing)
		}
		t.Skip(missing)
	}
	postgres := programs[len(programs)-1]
	folder, err := os.MkdirTemp("", "postgres") // t.TempDir is in a folder that only we may enter
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	as := &syscall.SysProcAttr{Pdeathsig: syscall.SIGINT} // a test that is killed leaves no server
	if os.Getuid() == 0 {                                 // PostgreSQL refuses to run as root
		as.Credential = credential(t)
		if err := os.Chown(folder, int(as.Credential.Uid), int(as.Credential.Gid)); err != nil {
			t.Fatal(err)
		}
	}
	data := filepath.Join(folder, "data")
	initialise := exec.CommandContext(t.Context(), filepath.Join(filepath.Dir(postgres), "initdb"), "-D", data, "-A", "trust", "-U", "trial", "-E", "UTF8", "--locale=C", "--no-sync")
	initialise.SysProcAttr, initialise.Dir = as, folder
	if said, err := initialise.CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v: %s", err, said)
	}
	run := exec.CommandContext(context.Background(), postgres, "-D", data, "-k", folder, "-c", "listen_addresses=", "-c", "max_wal_size=4GB")
	run.SysProcAttr, run.Dir = as, folder
	stderr, err := run.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = run.Process.Signal(syscall.SIGINT) // "fast shutdown"
		_ = run.Wait()
	})
	var said []string
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		if said = append(said, lines.Text()); strings.Contains(lines.Text(), "ready to accept connections") {
			go func() { // what it says later must not stop it
				for lines.Scan() {
				}
			}()
			return &server{folder}
		}
	}
	t.Fatalf("PostgreSQL did not start: %s", strings.Join(said, "\n"))
	return nil
}

func credential(t testing.TB) *syscall.Credential {
	t.Helper()
	account, err := user.Lookup("postgres")
	if err != nil {
		t.Skipf("PostgreSQL has no account here: %v", err)
	}
	uid, err := strconv.ParseUint(account.Uid, 10, 32)
	if err != nil {
		t.Fatal(err)
	}
	gid, err := strconv.ParseUint(account.Gid, 10, 32)
	if err != nil {
		t.Fatal(err)
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}

func (s *server) connect(t testing.TB, database string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), "host="+s.folder+" user=trial dbname="+database)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

//go:embed testdata/schema.sql
var schema string

// database makes a database with the schema, changed by more statements, in which so many
// citizens are known, have agreed and are signed in.
func (s *server) database(t testing.TB, name string, citizens int, more string) *pgx.Conn {
	t.Helper()
	first := s.connect(t, "postgres")
	if _, err := first.Exec(t.Context(), `CREATE DATABASE `+name); err != nil {
		t.Fatal(err)
	}
	conn := s.connect(t, name)
	if _, err := conn.Exec(t.Context(), schema+more); err != nil {
		t.Fatal(err)
	}
	var heads, events, sessions [][]any
	for n := range citizens {
		c := citizenOf(n)
		heads = append(heads, []any{c.list[:], string(c.ref), int64(0), int64(-1)})
		events = append(events, []any{string(c.ref), int64(1), "app-one", "granted"})
		sessions = append(sessions, []any{c.session[:], string(c.ref)})
	}
	for _, each := range []struct {
		table   string
		columns []string
		rows    [][]any
	}{
		{"log_heads", []string{"list", "citizen", "number", "last"}, heads},
		{"consent_events", []string{"citizen", "seq", "client", "kind"}, events},
		{"sessions", []string{"hash", "citizen"}, sessions},
	} {
		if _, err := conn.CopyFrom(t.Context(), pgx.Identifier{each.table}, each.columns, pgx.CopyFromRows(each.rows)); err != nil {
			t.Fatal(err)
		}
	}
	for _, statement := range []string{`VACUUM ANALYZE`, `CHECKPOINT`} {
		if _, err := conn.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	return conn
}
