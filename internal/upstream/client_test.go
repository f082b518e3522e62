package upstream_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.uber.org/goleak"

	"github.com/patient-care-aggregator/aggregator/internal/upstream"
)

const (
	maxBytes = 1 << 16
	secret   = "9990000018"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type observed struct {
	operation string
	status    int
}

// serve returns a client, the address of the handler, and what was observed.
func serve(t *testing.T, timeout time.Duration, h http.HandlerFunc) (*upstream.Client, string, *[]observed, *tracetest.SpanRecorder) {
	t.Helper()
	server := httptest.NewServer(h)
	spans := tracetest.NewSpanRecorder()
	var seen []observed
	c := upstream.NewClient(upstream.Options{
		Name: "test", Timeout: timeout, MaxBytes: maxBytes, Now: time.Now,
		Tracer:  trace.NewTracerProvider(trace.WithSpanProcessor(spans)).Tracer("test"),
		Observe: func(operation string, status int, _ time.Duration) { seen = append(seen, observed{operation, status}) },
	})
	t.Cleanup(func() {
		c.Close()
		server.CloseClientConnections()
		server.Close()
	})
	return c, server.URL, &seen, spans
}

func get(t *testing.T, c *upstream.Client, address string) (upstream.Answer, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	return c.Do("test operation", r)
}

func closed(t *testing.T, c io.Closer) {
	t.Helper()
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

func leaksNothing(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	if strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), "http://") {
		t.Errorf("the error repeats what was sent: %v", err)
	}
}

func TestErrorsNeverRepeatTheAddressOrTheAnswer(t *testing.T) {
	// raw answers a request with bytes that are not quite HTTP.
	raw := func(answer string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			connection, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			fmt.Fprint(connection, answer)
			closed(t, connection)
		}
	}
	for name, h := range map[string]http.HandlerFunc{
		"a closed connection":            raw(""),
		"no HTTP":                        raw(secret + " is here\r\n\r\n"),
		"a bad status":                   raw("HTTP/1.1 " + secret + "\r\n\r\n"),
		"a bad header":                   raw("HTTP/1.1 200 OK\r\n" + secret + "\r\n\r\n"),
		"a bad length":                   raw("HTTP/1.1 200 OK\r\nContent-Length: " + secret + "x\r\n\r\n"),
		"a bad encoding":                 raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: " + secret + "\r\n\r\n"),
		"a body cut short":               raw("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n" + secret),
		"a bad chunk":                    raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + secret + "zz\r\n"),
		"a bad trailer":                  raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n0\r\n" + secret + " x\r\n\r\n"),
		"a body that says to be gzip":    raw("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n" + secret),
		"a body too large for any clerk": func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, strings.Repeat(secret, maxBytes)) },
	} {
		t.Run(name, func(t *testing.T) {
			c, address, _, spans := serve(t, 5*time.Second, h)
			_, err := get(t, c, address+"/ServiceRequest?patient="+secret)
			leaksNothing(t, err)
			for _, s := range spans.Ended() {
				if said := fmt.Sprint(s.Name(), s.Attributes(), s.Events(), s.Status()); strings.Contains(said, secret) {
					t.Errorf("the span repeats it: %s", said)
				}
			}
		})
	}
	t.Run("no server answers", func(t *testing.T) {
		c, _, seen, _ := serve(t, 5*time.Second, nil)
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		address := "http://" + listener.Addr().String()
		closed(t, listener)
		_, err = get(t, c, address+"/?patient="+secret)
		leaksNothing(t, err)
		if !strings.Contains(err.Error(), "refused") {
			t.Errorf("the error does not say why: %v", err)
		}
		if len(*seen) != 1 || (*seen)[0] != (observed{"test operation", 0}) {
			t.Errorf("observed %v", *seen)
		}
	})
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	for name, location := range map[string]string{
		"to another path": "/elsewhere", "to another host": "http://127.0.0.1:1/?" + secret, "to what is not an address": "http://[" + secret, "to nowhere": "",
	} {
		t.Run(name, func(t *testing.T) {
			requests := 0
			c, address, _, _ := serve(t, 5*time.Second, func(w http.ResponseWriter, _ *http.Request) {
				requests++
				w.Header()["Location"] = []string{location}
				w.WriteHeader(http.StatusFound)
			})
			a, err := get(t, c, address+"/?"+secret)
			if err != nil {
				leaksNothing(t, err)
				t.Fatal(err)
			}
			if a.Status != http.StatusFound || requests != 1 {
				t.Errorf("status %d after %d requests", a.Status, requests)
			}
		})
	}
}

func TestBoundedBody(t *testing.T) {
	bomb := func() []byte {
		var packed bytes.Buffer
		z := gzip.NewWriter(&packed)
		if _, err := z.Write(make([]byte, 64<<20)); err != nil {
			t.Fatal(err)
		}
		closed(t, z)
		return packed.Bytes()
	}()
	for name, c := range map[string]struct {
		h     http.HandlerFunc
		fails error
	}{
		"of exactly the bound": {func(w http.ResponseWriter, _ *http.Request) { send(w, make([]byte, maxBytes)) }, nil},
		"of one byte more":     {func(w http.ResponseWriter, _ *http.Request) { send(w, make([]byte, maxBytes+1)) }, upstream.ErrTooLarge},
		"that is empty":        {func(http.ResponseWriter, *http.Request) {}, nil},
		"that is a small bomb": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			send(w, bomb)
		}, upstream.ErrTooLarge},
		"that never ends":       {func(w http.ResponseWriter, _ *http.Request) { endless(w) }, upstream.ErrTooLarge},
		"of an error, too long": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway); endless(w) }, upstream.ErrTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			client, address, _, _ := serve(t, 10*time.Second, c.h)
			a, err := get(t, client, address)
			if !errors.Is(err, c.fails) || len(a.Body) > maxBytes {
				t.Errorf("%d bytes, %v, want %v", len(a.Body), err, c.fails)
			}
		})
	}
}

// send lets a client that has read enough go.
func send(w io.Writer, body []byte) {
	if _, err := w.Write(body); err != nil {
		panic(http.ErrAbortHandler)
	}
}

func endless(w io.Writer) {
	block := make([]byte, 4096)
	for {
		if _, err := w.Write(block); err != nil {
			return
		}
	}
}

func TestSlowAnswersEnd(t *testing.T) {
	const patience = 150 * time.Millisecond
	for name, h := range map[string]http.HandlerFunc{
		"before the header": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"within the body": func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprint(w, "half")
			if err := http.NewResponseController(w).Flush(); err != nil {
				t.Error(err)
			}
			<-r.Context().Done()
		},
	} {
		t.Run(name, func(t *testing.T) {
			c, address, _, _ := serve(t, patience, h)
			_, err := get(t, c, address+"/?"+secret)
			leaksNothing(t, err)
			var timeout net.Error
			if !errors.As(err, &timeout) || !timeout.Timeout() {
				t.Errorf("not reported as a time-out: %v", err)
			}
		})
	}
	t.Run("when the caller gives up", func(t *testing.T) {
		c, address, _, _ := serve(t, time.Minute, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Do("x", r); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	})
}

func TestConnectionsAreReused(t *testing.T) {
	c, address, seen, spans := serve(t, 5*time.Second, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/bad") {
			w.WriteHeader(http.StatusInternalServerError)
		}
		send(w, make([]byte, maxBytes))
	})
	var fresh atomic.Int32
	trace := &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) {
		if !i.Reused {
			fresh.Add(1)
		}
	}}
	for _, path := range []string{"/", "/bad", "/", "/bad"} {
		r, err := http.NewRequestWithContext(httptrace.WithClientTrace(t.Context(), trace), http.MethodGet, address+path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Do("test operation", r); err != nil {
			t.Fatal(err)
		}
	}
	if n := fresh.Load(); n != 1 {
		t.Errorf("%d connections for 4 requests", n)
	}
	if len(*seen) != 4 || (*seen)[1] != (observed{"test operation", http.StatusInternalServerError}) {
		t.Errorf("observed %v", *seen)
	}
	if ended := spans.Ended(); len(ended) != 4 || ended[0].Name() != "test operation" {
		t.Errorf("%d spans", len(ended))
	}
}

// Libraries use the client underneath: it is bounded and counted alike.
func TestLibrariesAreBoundedToo(t *testing.T) {
	c, address, seen, _ := serve(t, 5*time.Second, func(w http.ResponseWriter, _ *http.Request) { endless(w) })
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := c.HTTP().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(response.Body)
	if !errors.Is(err, upstream.ErrTooLarge) || len(body) != maxBytes {
		t.Errorf("%d bytes, %v", len(body), err)
	}
	closed(t, response.Body)
	closed(t, response.Body)
	if len(*seen) != 1 || (*seen)[0] != (observed{"test", http.StatusOK}) {
		t.Errorf("observed %v", *seen)
	}
}
