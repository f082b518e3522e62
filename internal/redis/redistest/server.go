package redistest

import (
	"bufio"
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

// Server is a redis-server of its own, reached by a Unix socket.
type Server struct {
	t      testing.TB
	folder string
	run    *exec.Cmd
}

// Start starts a server, which ends with the test. Without redis-server the test is
// skipped, or fails where PCA_REQUIRE_TOOLS is set.
func Start(t testing.TB) *Server {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		const missing = "redis-server is not installed (Debian's package redis-server): what replicas share is not tried"
		if os.Getenv("PCA_REQUIRE_TOOLS") != "" {
			t.Fatal(missing)
		}
		t.Skip(missing)
	}
	folder, err := os.MkdirTemp("", "redis") // the path of a socket has about 100 bytes at most
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{t: t, folder: folder}
	t.Cleanup(func() {
		s.Kill()
		_ = os.RemoveAll(folder)
	})
	s.Restart()
	return s
}

func (s *Server) socket() string { return filepath.Join(s.folder, "s") }

// URL is the server's address.
func (s *Server) URL() string { return "unix://" + s.socket() }

// Restart starts the server after Kill, without what it held.
func (s *Server) Restart() {
	s.t.Helper()
	run := exec.CommandContext(context.Background(), "redis-server", "--port", "0", "--unixsocket", s.socket(), "--save", "", "--appendonly", "no", "--dir", s.folder)
	run.SysProcAttr = ends()
	stdout, err := run.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := run.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.run = run
	var said []string
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		// The words differ from version to version.
		if said = append(said, lines.Text()); strings.Contains(strings.ToLower(lines.Text()), "ready to accept connections") {
			go func() { // what it says later must not stop it
				for lines.Scan() {
				}
			}()
			return
		}
	}
	s.t.Fatalf("redis-server did not start: %s", strings.Join(said, "\n"))
}

// Kill ends the server at once. It may be called again.
func (s *Server) Kill() {
	if s.run == nil {
		return
	}
	_ = s.run.Process.Kill()
	_ = s.run.Wait()
	_ = os.Remove(s.socket())
	s.run = nil
}

// Hang stops the server's process: connections open and nothing is answered. Wake has
// it go on.
func (s *Server) Hang() { s.signal(syscall.SIGSTOP) }

// Wake ends Hang.
func (s *Server) Wake() { s.signal(syscall.SIGCONT) }

func (s *Server) signal(which syscall.Signal) {
	s.t.Helper()
	if err := s.run.Process.Signal(which); err != nil {
		s.t.Fatal(err)
	}
}

// Client is a client with the library's own settings, for looking and breaking.
func (s *Server) Client() *goredis.Client {
	c := goredis.NewClient(&goredis.Options{Network: "unix", Addr: s.socket()})
	s.t.Cleanup(func() { _ = c.Close() })
	return c
}

// Flush removes everything.
func (s *Server) Flush() {
	s.t.Helper()
	if err := s.Client().FlushAll(context.Background()).Err(); err != nil {
		s.t.Fatal(err)
	}
}

// Keys are the names of all that is kept.
func (s *Server) Keys() []string {
	s.t.Helper()
	all, err := s.Client().Keys(context.Background(), "*").Result()
	if err != nil {
		s.t.Fatal(err)
	}
	return all
}

// Slow is the address of the same server, each of whose answers comes that much later.
func (s *Server) Slow(delay time.Duration) string {
	s.t.Helper()
	near := filepath.Join(s.folder, "slow"+delay.String())
	listener, err := net.Listen("unix", near)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("unix", s.socket())
			if err != nil {
				_ = client.Close()
				continue
			}
			go carry(server, client, 0, nil)
			go carry(client, server, delay, nil)
		}
	}()
	return "unix://" + near
}

// Cut is the address of the same server, and a function that cuts all connections to
// it that are open: they stay open and nothing comes through, as when a machine
// between is gone. New ones are whole.
func (s *Server) Cut() (address string, cut func()) {
	s.t.Helper()
	near := filepath.Join(s.folder, "cut")
	listener, err := net.Listen("unix", near)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = listener.Close() })
	var lost atomic.Pointer[atomic.Bool] // of the connections that are open
	lost.Store(&atomic.Bool{})
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("unix", s.socket())
			if err != nil {
				_ = client.Close()
				continue
			}
			own := lost.Load()
			go carry(server, client, 0, own)
			go carry(client, server, 0, own)
		}
	}()
	return "unix://" + near, func() { lost.Swap(&atomic.Bool{}).Store(true) }
}

// carry copies what from sends, and ends both when one ends. What comes while they are
// lost is dropped.
func carry(to, from net.Conn, delay time.Duration, lost *atomic.Bool) {
	defer to.Close()   //nolint:errcheck // it is over
	defer from.Close() //nolint:errcheck // it is over
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		if err != nil {
			return
		}
		if lost != nil && lost.Load() {
			continue
		}
		<-time.After(delay)
		if _, err := to.Write(buffer[:n]); err != nil {
			return
		}
	}
}
