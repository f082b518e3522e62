package app

import (
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// pipes is a listener whose connections are in memory, so that time can be that of a
// test.
type pipes chan net.Conn

func (p pipes) Accept() (net.Conn, error) {
	c, open := <-p
	if !open {
		return nil, net.ErrClosed
	}
	return c, nil
}

func (p pipes) Close() error { return nil }

func (p pipes) Addr() net.Addr { return &net.TCPAddr{} }

// TestAClientThatDripsIsHungUpOn holds that nobody keeps a connection by sending a request
// slowly.
func TestAClientThatDripsIsHungUpOn(t *testing.T) {
	for name, c := range map[string]struct {
		sent  string
		drip  string
		lasts time.Duration
	}{
		"its headers":                 {"GET / HTTP/1.1\r\nHost: x\r\n", "X-Y: z\r\n", 5 * time.Second},
		"its body":                    {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n", "x", 10 * time.Second},
		"nothing after a whole one":   {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "", 2 * time.Minute},
		"headers that never come":     {"", "", 5 * time.Second},
		"headers without end of line": {"GET / HTTP/1.1\r\nX: ", "y", 5 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				listener := make(pipes)
				s := newServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
					_, _ = io.Copy(io.Discard, r.Body)
				}), slog.New(slog.DiscardHandler))
				served := make(chan error)
				go func() { served <- s.Serve(listener) }()
				client, server := net.Pipe()
				begun := time.Now()
				listener <- server
				var drips sync.WaitGroup
				drips.Go(func() {
					_, err := io.WriteString(client, c.sent)
					for err == nil && c.drip != "" {
						time.Sleep(time.Second)
						_, err = io.WriteString(client, c.drip)
					}
				})
				_, _ = io.Copy(io.Discard, client) // until the server hangs up
				if took := time.Since(begun); took > c.lasts+2*time.Second {
					t.Errorf("hung up after %v, want %v", took, c.lasts)
				}
				_ = client.Close()
				drips.Wait()
				close(listener)
				if err := <-served; !errors.Is(err, net.ErrClosed) {
					t.Errorf("served: %v", err)
				}
			})
		})
	}
}
