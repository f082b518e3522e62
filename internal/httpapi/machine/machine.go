package machine

import (
	"context"
	"errors"
	"net/http"

	"github.com/patient-care-aggregator/aggregator/internal/httpapi"
	"github.com/patient-care-aggregator/aggregator/internal/keys"
)

// Deps are what these routes need.
type Deps struct {
	// Ready returns why the service cannot answer; nil when it can.
	Ready        func(ctx context.Context) error
	Version      string
	StatusAPIKey keys.Secret // empty: /_status is closed
	JWKS         []byte      // the service's public keys
	OpenAPI      []byte      // the contract, YAML
}

// Machine has the handlers.
type Machine struct{ d Deps }

// New checks d.
func New(d Deps) (*Machine, error) {
	if d.Ready == nil || d.JWKS == nil || d.OpenAPI == nil {
		return nil, errors.New("new machine routes: ready, keys and contract are required")
	}
	return &Machine{d}, nil
}

// Routes are the routes for programs.
func (m *Machine) Routes() []httpapi.Route {
	get := func(path string, who httpapi.Audience, h httpapi.Handler) httpapi.Route {
		return httpapi.Route{Method: http.MethodGet, Path: path, Audience: who, Lenient: who == httpapi.Probes, Handler: h}
	}
	return []httpapi.Route{
		get("/healthz", httpapi.Probes, m.health),
		get("/readyz", httpapi.Probes, m.ready),
		get("/_ping", httpapi.Probes, m.ping),
		get("/_status", httpapi.Machines, m.status),
		get("/.well-known/jwks.json", httpapi.Machines, m.jwks),
		get("/openapi.yaml", httpapi.Machines, m.openAPI),
	}
}
