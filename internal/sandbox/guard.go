package sandbox

import (
	"net"
	"net/http"

	"github.com/patient-care-aggregator/aggregator/internal/sandbox/kit"
	"github.com/patient-care-aggregator/aggregator/internal/sandbox/registry"
)

// guard marks every answer and refuses requests for another host name: a web page
// could otherwise point its own name at this machine (DNS rebinding).
func (s *Sandbox) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.running.RLock()
		defer s.running.RUnlock()
		w.Header().Set(kit.Header, kit.Mark)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = r.Host
		}
		if !registry.Loopback(host) {
			http.Error(w, "SANDBOX, not the NHS: this Host is not loopback", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}
