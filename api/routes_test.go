package api_test

import (
	"context"
	"log/slog"
	"net/http"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/gin-gonic/gin" //nolint:depguard // only to ask the engine for its routes
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/patient-care-aggregator/aggregator/internal/app"
	"github.com/patient-care-aggregator/aggregator/internal/config"
	"github.com/patient-care-aggregator/aggregator/internal/local"
)

func TestEveryRouteIsInTheDocumentAndTheOtherWayRound(t *testing.T) {
	t.Parallel()
	var routed, documented []string
	parameter := regexp.MustCompile(`:(\w+)`)
	for _, r := range routes(t) {
		if r.Method == http.MethodHead {
			continue // wherever GET is; the document says so once
		}
		routed = append(routed, r.Method+" "+parameter.ReplaceAllString(r.Path, "{$1}"))
	}
	for path, item := range document(t).Paths.Map() {
		for method := range item.Operations() {
			documented = append(documented, method+" "+path)
		}
	}
	for _, each := range routed {
		if !slices.Contains(documented, each) {
			t.Errorf("%s is routed and not in the document", each)
		}
	}
	for _, each := range documented {
		if !slices.Contains(routed, each) {
			t.Errorf("%s is in the document and not routed", each)
		}
	}
}

// routes are those of the real service, wired as it is served.
func routes(t *testing.T) gin.RoutesInfo {
	t.Helper()
	now := func() time.Time { return time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC) }
	s, err := local.Start(t.Context(), local.Options{Now: now, DataDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	environ := []string{}
	for name, value := range s.Env {
		environ = append(environ, name+"="+value)
	}
	if err := s.Close(); err != nil { // one service at a time has the database
		t.Fatal(err)
	}
	c, err := config.Load(environ)
	if err != nil {
		t.Fatal(err)
	}
	a, err := app.New(t.Context(), c, app.Options{
		Log: slog.New(slog.DiscardHandler), Tracing: noop.NewTracerProvider(), Now: now, Version: "v0.0.0-test",
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	engine, ok := a.Handler.(*gin.Engine)
	if !ok {
		t.Fatalf("the handler is a %T, so its routes cannot be listed", a.Handler)
	}
	return engine.Routes()
}
