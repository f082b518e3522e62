package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/sandbox/kit"
)

// The application with which a person tries the sandbox by hand (docs/sandbox.md):
// the sandbox itself holds its key and signs for any caller.
const (
	tourID       = "tour"
	tourCallback = "http://127.0.0.1:9799/callback"
	tourLife     = 4 * time.Minute
)

// registerTour registers the application at the first request for it.
func (s *Sandbox) registerTour(w http.ResponseWriter, _ *http.Request) {
	keys, err := json.Marshal(s.ring.Public(kit.TourKey))
	if err != nil {
		fail(w, http.StatusInternalServerError, fmt.Errorf("register the tour: %w", err))
		return
	}
	a := App{
		Name: "Tour of the sandbox", ClientID: tourID, RedirectURIs: []string{tourCallback}, NHSLoginJWKS: keys,
		APIKey: tourID, PlatformJWKS: keys, ODSAPIKey: tourID,
	}
	if err := s.apps.Add(a); err != nil {
		fail(w, http.StatusInternalServerError, err)
		return
	}
	kit.WriteJSON(w, http.StatusCreated, a)
}

// tourAssertion signs a client assertion for the audience asked, as plain text.
func (s *Sandbox) tourAssertion(w http.ResponseWriter, r *http.Request) {
	now := s.clock.Now()
	token, err := s.ring.Sign(kit.TourKey, nil, map[string]any{
		"iss": tourID, "sub": tourID, "aud": r.URL.Query().Get("aud"), "jti": s.ids.UUID(),
		"iat": now.Unix(), "exp": now.Add(tourLife).Unix(),
	})
	if err != nil {
		fail(w, http.StatusInternalServerError, err)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte(token)) // the client has gone: the error cannot be reported
}
