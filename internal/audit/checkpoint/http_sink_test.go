package checkpoint_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit/checkpoint"
)

func TestHTTPSink(t *testing.T) {
	status := http.StatusCreated
	var got []byte
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got, _ = io.ReadAll(r.Body)
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(status)
	}))
	defer server.Close()
	client := server.Client()
	client.Timeout = 10 * time.Second

	sink, err := checkpoint.NewHTTPSink(server.URL, client)
	if err != nil {
		t.Fatal(err)
	}
	var _ checkpoint.Sink = sink
	if err := sink.Publish(t.Context(), []byte("note")); err != nil || string(got) != "note" {
		t.Errorf("%q, %v", got, err)
	}
	for _, status = range []int{http.StatusFound, http.StatusForbidden, http.StatusInternalServerError} {
		if err := sink.Publish(t.Context(), []byte("note")); err == nil {
			t.Errorf("%d counted as kept", status)
		}
	}
	for _, bad := range []string{"http://sink.example/", "sink", "https://", ":"} {
		if _, err := checkpoint.NewHTTPSink(bad, client); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
	if _, err := checkpoint.NewHTTPSink(server.URL, &http.Client{}); err == nil {
		t.Error("a client without a timeout was taken")
	}
}
