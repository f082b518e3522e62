package ers

import (
	"net/http"
	"strings"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/sandbox/citizens"
	"github.com/patient-care-aggregator/aggregator/internal/sandbox/kit"
	"github.com/patient-care-aggregator/aggregator/internal/sandbox/platform"
	"github.com/patient-care-aggregator/aggregator/internal/sandbox/registry"
)

// Base is the path of the API.
const Base = "/e-referrals-service-patient-care-api"

// Deps are what the system is built from.
type Deps struct {
	URL    string // absolute base of the API, for references
	Tokens *platform.Platform
	Apps   *registry.Registry
	People *citizens.Catalogue
	IDs    *kit.IDs
	Limits Limits
	Now    func() time.Time
}

// ERS is the API. Safe for concurrent use.
type ERS struct {
	Deps
	limiter *limiter
}

// New makes the API.
func New(d Deps) *ERS { return &ERS{Deps: d, limiter: newLimiter(d.Limits)} }

// Reset forgets what was counted against the limits.
func (e *ERS) Reset() { e.limiter.reset() }

// Routes of the API.
func (e *ERS) Routes() []kit.Route {
	return []kit.Route{
		{Pattern: "GET " + Base + "/FHIR/R4/ServiceRequest", Operation: "ServiceRequest", Handler: e.behindGateway(referrals, e.serviceRequests), Who: e.who},
		{Pattern: "GET " + Base + "/FHIR/R4/HealthcareService/{id}", Operation: "HealthcareService", Handler: e.behindGateway(general, e.healthcareService), Who: e.who},
		{Pattern: "GET " + Base + "/_ping", Operation: "ping", Handler: e.ping},
		{Pattern: "GET " + Base + "/_status", Operation: "status", Handler: e.status},
	}
}

func (e *ERS) who(r *http.Request) string {
	t, _ := e.Tokens.Lookup(bearer(r))
	return t.Citizen
}

func bearer(r *http.Request) string {
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return token
}

func (e *ERS) ping(w http.ResponseWriter, _ *http.Request) {
	kit.WriteJSON(w, http.StatusOK, map[string]string{"version": "sandbox", "revision": "sandbox", "releaseId": "sandbox", "commitId": "sandbox"})
}

// status answers any client that has an API key of the platform.
func (e *ERS) status(w http.ResponseWriter, r *http.Request) {
	if _, ok := e.Apps.ByAPIKey(r.Header.Get("apikey")); !ok {
		kit.WriteJSON(w, http.StatusUnauthorized, map[string]string{"error": "Unauthorized", "error_description": "apikey is missing or unknown"})
		return
	}
	kit.WriteJSON(w, http.StatusOK, map[string]any{"status": "pass", "version": "sandbox", "checks": map[string]any{
		"healthcheckService": map[string]any{"status": "pass", "responseCode": http.StatusOK},
	}})
}
