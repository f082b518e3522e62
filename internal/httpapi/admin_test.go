package httpapi

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
)

// TestTheAdminListenerAnswersLoopbackByItsName holds that a page which a browser on
// this machine has open cannot read metrics and profiles under a name of its own.
func TestTheAdminListenerAnswersLoopbackByItsName(t *testing.T) {
	t.Parallel()
	metrics := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("pca_up 1")) })
	ready := func(context.Context) error { return nil }
	status := func(h http.Handler, path, host string) int {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody)
		r.Host = host
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Code
	}
	loopback, network := NewAdmin(metrics, ready, true), NewAdmin(metrics, ready, false)
	for _, path := range []string{"/metrics", "/readyz", "/healthz", "/debug/pprof/"} {
		for host, want := range map[string]int{
			"127.0.0.1:9090": http.StatusOK, "localhost:9090": http.StatusOK, "[::1]:9090": http.StatusOK, "127.0.0.1": http.StatusOK,
			"evil.example": http.StatusMisdirectedRequest, "evil.example:9090": http.StatusMisdirectedRequest,
			"127.0.0.1.evil.example": http.StatusMisdirectedRequest, "10.0.0.7": http.StatusMisdirectedRequest, "": http.StatusMisdirectedRequest,
		} {
			if got := status(loopback, path, host); got != want {
				t.Errorf("on loopback, %s as %q: %d", path, host, got)
			}
		}
	}
	if got := status(network, "/metrics", "metrics.internal"); got != http.StatusOK {
		t.Errorf("on another address metrics answer %d", got)
	}
	if got := status(network, "/debug/pprof/heap", "metrics.internal"); got != http.StatusNotFound {
		t.Errorf("on another address profiles answer %d", got)
	}
}
