//go:build linux

package postgrestest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
)

const missing = "PostgreSQL is not installed (Debian's package postgresql): the store for several processes is not tested"

// Server is a PostgreSQL of its own, in a folder of its own, reached by a Unix socket.
// fsync is on, as by default.
type Server struct {
	folder   string
	programs string
	as       *syscall.SysProcAttr
	running  *exec.Cmd
	made     atomic.Int64 // databases
}

var shared struct {
	once   sync.Once
	server *Server
	err    error
}

// Main runs tests, and stops the server that they used. Call it in TestMain.
func Main(m *testing.M) int {
	defer func() {
		if shared.server != nil {
			shared.server.remove()
		}
	}()
	return m.Run()
}

// Database is the URL of a new database on the server of this program. prepare makes the
// first one, of which the others are copies; nil: it is empty.
func Database(t testing.TB, prepare func(url string) error) string {
	t.Helper()
	shared.once.Do(func() {
		if shared.server, shared.err = start(); shared.err == nil {
			shared.err = shared.server.template(prepare)
		}
	})
	if shared.err != nil {
		fail(t, shared.err)
	}
	return shared.server.create(t, model)
}

// Empty is the URL of a new database without tables, on the server of Database, which the
// test must have called.
func Empty(t testing.TB) string {
	t.Helper()
	return shared.server.Database(t)
}

// model is the database that others are copies of.
const model = "model"

func (s *Server) template(prepare func(url string) error) error {
	conn, err := pgx.Connect(context.Background(), s.URL("postgres"))
	if err != nil {
		return err
	}
	_, err = conn.Exec(context.Background(), `CREATE DATABASE `+model)
	if err = errors.Join(err, conn.Close(context.Background())); err != nil || prepare == nil {
		return err
	}
	return prepare(s.URL(model))
}

// Start starts a server that ends with the test, for tests that stop it.
func Start(t testing.TB) *Server {
	t.Helper()
	s, err := start()
	if err != nil {
		fail(t, err)
	}
	t.Cleanup(s.remove)
	return s
}

var errMissing = errors.New(missing)

func fail(t testing.TB, err error) {
	t.Helper()
	if errors.Is(err, errMissing) && os.Getenv("PCA_REQUIRE_TOOLS") == "" {
		t.Skip(missing)
	}
	t.Fatal(err)
}

func start() (_ *Server, err error) {
	programs, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if err != nil || len(programs) == 0 {
		return nil, errMissing
	}
	s := &Server{programs: filepath.Dir(programs[len(programs)-1]), as: &syscall.SysProcAttr{Pdeathsig: syscall.SIGINT}} // tests that are killed leave no server
	if s.folder, err = os.MkdirTemp("", "postgres"); err != nil {                                                        // t.TempDir is in a folder that only we may enter
		return nil, err
	}
	defer func() {
		if err != nil {
			s.remove()
		}
	}()
	if os.Getuid() == 0 { // PostgreSQL refuses to run as root
		if s.as.Credential, err = credential(); err != nil {
			return nil, err
		}
		if err := os.Chown(s.folder, int(s.as.Credential.Uid), int(s.as.Credential.Gid)); err != nil {
			return nil, err
		}
	}
	initialise := exec.Command(filepath.Join(s.programs, "initdb"), "-D", s.data(), "-A", "trust", "-U", "owner", "-E", "UTF8", "--locale=C", "--no-sync") //nolint:gosec,noctx // our own paths
	initialise.SysProcAttr, initialise.Dir = s.as, s.folder
	if said, err := initialise.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w: %s", err, said)
	}
	return s, s.Run()
}

func (s *Server) data() string { return filepath.Join(s.folder, "data") }

// Run starts the server again after Stop or Kill, with more settings (NAME=VALUE).
func (s *Server) Run(settings ...string) error {
	args := []string{"-D", s.data(), "-k", s.folder}
	for _, each := range append([]string{"listen_addresses=", "max_wal_size=4GB", "max_connections=400"}, settings...) {
		args = append(args, "-c", each)
	}
	s.running = exec.Command(filepath.Join(s.programs, "postgres"), args...) //nolint:gosec,noctx // our own paths; it outlives a test
	s.running.SysProcAttr, s.running.Dir = s.as, s.folder
	stderr, err := s.running.StderrPipe()
	if err != nil {
		return err
	}
	started := make(chan error, 1)
	go func() { // the server ends with the thread that started it
		runtime.LockOSThread()
		if err := s.running.Start(); err != nil {
			started <- err
			return
		}
		var said []string
		lines := bufio.NewScanner(stderr)
		ready := false
		for lines.Scan() { // what it says later must not stop it
			if !ready {
				said = append(said, lines.Text())
			}
			if !ready && strings.Contains(lines.Text(), "ready to accept connections") {
				ready = true
				started <- nil
			}
		}
		if !ready {
			started <- fmt.Errorf("PostgreSQL did not start: %s", strings.Join(said, "\n"))
		}
	}()
	return <-started
}

// Stop ends the server in order, and returns when it has ended.
func (s *Server) Stop() { s.end(syscall.SIGINT) } // "fast shutdown"

// Kill ends the server as a crash does, and returns when it has ended.
func (s *Server) Kill() { s.end(syscall.SIGQUIT) } // "immediate shutdown": it recovers when it starts

// Hang stops the server from answering until Continue: it and all that it started.
func (s *Server) Hang() { s.signalAll(syscall.SIGSTOP) }

// Continue ends Hang.
func (s *Server) Continue() { s.signalAll(syscall.SIGCONT) }

func (s *Server) signalAll(signal syscall.Signal) {
	children, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%[1]d/children", s.running.Process.Pid))
	for _, each := range append(strings.Fields(string(children)), strconv.Itoa(s.running.Process.Pid)) {
		if pid, err := strconv.Atoi(each); err == nil {
			_ = syscall.Kill(pid, signal)
		}
	}
}

func (s *Server) end(signal syscall.Signal) {
	if s.running == nil || s.running.Process == nil {
		return
	}
	_ = s.running.Process.Signal(signal)
	_ = s.running.Wait()
	s.running = nil
}

func (s *Server) remove() {
	s.Stop()
	_ = os.RemoveAll(s.folder)
}

// Database is the URL of a new, empty database.
func (s *Server) Database(t testing.TB) string {
	t.Helper()
	return s.create(t, "template1")
}

func (s *Server) create(t testing.TB, from string) string {
	t.Helper()
	name := fmt.Sprintf("care%d", s.made.Add(1))
	conn := Connect(t, s.URL("postgres"))
	if _, err := conn.Exec(t.Context(), `CREATE DATABASE `+name+` TEMPLATE `+from); err != nil {
		t.Fatal(err)
	}
	return s.URL(name)
}

// URL is where a database is.
func (s *Server) URL(database string) string {
	return "postgres://owner@/" + database + "?host=" + s.folder
}

// Connect opens a connection, which ends with the test.
func Connect(t testing.TB, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func credential() (*syscall.Credential, error) {
	account, err := user.Lookup("postgres")
	if err != nil {
		return nil, errMissing
	}
	uid, err := strconv.ParseUint(account.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(account.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}

// Standby is a copy of a server as it is now, which follows it from then on once it runs.
func (s *Server) Standby(t testing.TB) (*Server, error) {
	t.Helper()
	folder, err := os.MkdirTemp("", "postgres")
	if err != nil {
		return nil, err
	}
	copied := &Server{folder: folder, programs: s.programs, as: s.as}
	t.Cleanup(copied.remove)
	if s.as.Credential != nil {
		if err := os.Chown(folder, int(s.as.Credential.Uid), int(s.as.Credential.Gid)); err != nil {
			return nil, err
		}
	}
	backup := exec.CommandContext(t.Context(), filepath.Join(s.programs, "pg_basebackup"), "-D", copied.data(), "-h", s.folder, "-U", "owner", "-R", "-c", "fast", "--no-sync") //nolint:gosec // our own paths
	backup.SysProcAttr, backup.Dir = s.as, folder
	if said, err := backup.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("pg_basebackup: %w: %s", err, said)
	}
	return copied, nil
}

// TakeOver promotes a standby, where another server was that has ended.
func (s *Server) TakeOver(from *Server) error {
	from.Stop()
	s.folder, from.folder = from.folder, s.folder
	ours, theirs := filepath.Join(from.folder, "data"), filepath.Join(s.folder, "data")
	if err := os.RemoveAll(theirs); err != nil {
		return err
	}
	if err := os.Rename(ours, theirs); err != nil {
		return err
	}
	if err := os.Remove(filepath.Join(s.data(), "standby.signal")); err != nil {
		return err
	}
	return s.Run()
}
