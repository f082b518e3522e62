//go:build linux

package replicas_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace/noop"

	"github.com/patient-care-aggregator/aggregator/internal/app"
	"github.com/patient-care-aggregator/aggregator/internal/config"
	"github.com/patient-care-aggregator/aggregator/tests/harness"
)

// asReplica has this program serve instead of test.
const asReplica = "PCA_TEST_REPLICA"

func TestMain(m *testing.M) {
	if os.Getenv(asReplica) == "" {
		harness.Main(m)
	}
	what := serve
	if os.Getenv(asReplica) == bare {
		what = serveBare
	}
	_ = os.Unsetenv(asReplica)
	if err := what(); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// bare is the replica that only writes an answer.
const bare = "bare"

// serveBare is what a service costs that does nothing: one handler, with an answer as long
// as a timeline.
func serveBare() error {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	if _, err := fmt.Println("http://" + l.Addr().String()); err != nil {
		return err
	}
	answer := bytes.Repeat([]byte("x"), 6<<10)
	s := &http.Server{ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(answer)
	})}
	return s.Serve(l)
}

// serve says where it serves, and does so until it is told to end.
func serve() error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	c, err := config.Load(os.Environ())
	if err != nil {
		return err
	}
	a, err := app.New(ctx, c, app.Options{Log: slog.New(slog.NewTextHandler(os.Stderr, nil)), Tracing: noop.NewTracerProvider(), Version: "v0.0.0-test"})
	if err != nil {
		return err
	}
	var listeners [2]net.Listener
	for i := range listeners {
		if listeners[i], err = (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0"); err != nil {
			return err
		}
	}
	if _, err := fmt.Println("http://" + listeners[0].Addr().String()); err != nil {
		return err
	}
	served := a.Serve(ctx, listeners[0], listeners[1])
	if err := a.Close(context.Background()); err != nil {
		return err
	}
	return served
}
