package machine

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/httpapi"
	"github.com/patient-care-aggregator/aggregator/internal/keys"
)

// Deps are what these routes need.
type Deps struct {
	// Ready returns why the service cannot answer; nil when it can.
	Ready func(ctx context.Context) error
	// Checkpoints returns why the last checkpoint of the log was not published.
	Checkpoints  func() error
	Version      string
	StatusAPIKey keys.Secret // empty: /_status is closed
	JWKS         []byte      // the service's public keys
	OpenAPI      []byte      // the contract, YAML
	OpenAPIJSON  []byte      // the same
	// Contact is how to reach who runs the service, for those who found a weakness.
	Contact string
	Now     func() time.Time
}

// Machine has the handlers.
type Machine struct{ d Deps }

// New checks d.
func New(d Deps) (*Machine, error) {
	if d.Ready == nil || d.Checkpoints == nil || d.JWKS == nil || d.OpenAPI == nil || d.OpenAPIJSON == nil || d.Now == nil {
		return nil, errors.New("new machine routes: ready, keys, contract and clock are required")
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
		get("/.well-known/security.txt", httpapi.Machines, m.securityText),
		get("/openapi.yaml", httpapi.Machines, document("application/yaml", m.d.OpenAPI)),
		get("/openapi.json", httpapi.Machines, document("application/json", m.d.OpenAPIJSON)),
	}
}
