package machine

import (
	"context"
	"net/http"

	"github.com/patient-care-aggregator/aggregator/internal/httpapi"
)

// jwks is GET /.well-known/jwks.json: the keys that NHS login and the API
// platform check this service's assertions with. They cache it for an hour.
func (m *Machine) jwks(context.Context, *httpapi.Request) (httpapi.Answer, error) {
	return httpapi.Public(http.StatusOK, "application/json", m.d.JWKS).With("Cache-Control", "public, max-age=3600"), nil
}

// openAPI is GET /openapi.yaml: the contract of this API.
func (m *Machine) openAPI(context.Context, *httpapi.Request) (httpapi.Answer, error) {
	return httpapi.Public(http.StatusOK, "application/yaml", m.d.OpenAPI), nil
}
