package checkpoint_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace/noop"

	"github.com/patient-care-aggregator/aggregator/internal/audit/checkpoint"
	"github.com/patient-care-aggregator/aggregator/internal/keys"
	"github.com/patient-care-aggregator/aggregator/internal/upstream"
)

func newClient(t *testing.T, transport http.RoundTripper) *upstream.Client {
	t.Helper()
	return newClientFor(t, transport, 10*time.Second)
}

func newClientFor(t *testing.T, transport http.RoundTripper, timeout time.Duration) *upstream.Client {
	t.Helper()
	c := upstream.NewClient(upstream.Options{
		Name: "checkpoint-sink", Timeout: timeout, MaxBytes: checkpoint.MaxSinkAnswer, Now: time.Now,
		Observe: func(string, int, time.Duration) {}, Tracer: noop.NewTracerProvider().Tracer(""),
		Wrap: func(http.RoundTripper) http.RoundTripper { return transport },
	})
	t.Cleanup(c.Close)
	return c
}

func TestHTTPSink(t *testing.T) {
	t.Parallel()
	status := http.StatusCreated
	var got []byte
	var let string
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got, _ = io.ReadAll(r.Body)
		let = r.Header.Get("Authorization")
		w.Header().Set("Location", "/another")
		w.WriteHeader(status)
	}))
	defer server.Close()
	client := newClient(t, server.Client().Transport)

	sink, err := checkpoint.NewHTTPSink(server.URL, keys.NewSecret("a-token"), client)
	if err != nil {
		t.Fatal(err)
	}
	var _ checkpoint.Sink = sink
	if err := sink.Publish(t.Context(), []byte("note")); err != nil || string(got) != "note" || let != "Bearer a-token" {
		t.Errorf("%q, %q, %v", got, let, err)
	}
	for _, status = range []int{http.StatusFound, http.StatusForbidden, http.StatusInternalServerError} {
		if err := sink.Publish(t.Context(), []byte("note")); err == nil {
			t.Errorf("%d counted as kept", status)
		}
	}
	for _, bad := range []string{"http://sink.example/", "sink", "https://", ":"} {
		if _, err := checkpoint.NewHTTPSink(bad, keys.Secret{}, client); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
	if _, err := checkpoint.NewHTTPSink(server.URL, keys.Secret{}, nil); err == nil {
		t.Error("no client was accepted")
	}
}

func TestTheAddressOfTheSinkIsInNoError(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(http.NotFoundHandler())
	address := strings.Replace(server.URL, "https://", "https://user:secret-word@", 1) + "/keep?token=secret-word"
	sink, err := checkpoint.NewHTTPSink(address, keys.NewSecret("secret-word"), newClient(t, server.Client().Transport))
	if err != nil {
		t.Fatal(err)
	}
	server.Close()
	err = sink.Publish(t.Context(), []byte("note"))
	if err == nil || strings.Contains(err.Error(), "secret-word") || strings.Contains(err.Error(), "/keep") {
		t.Errorf("error %v", err)
	}
}
