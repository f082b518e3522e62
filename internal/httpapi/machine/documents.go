package machine

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"net/http"

	"github.com/patient-care-aggregator/aggregator/internal/httpapi"
)

// jwks is GET /.well-known/jwks.json: the keys that NHS login and the API
// platform check this service's assertions with. They cache it for an hour.
func (m *Machine) jwks(context.Context, *httpapi.Request) (httpapi.Answer, error) {
	return httpapi.Public(http.StatusOK, "application/json", m.d.JWKS).With("Cache-Control", "public, max-age=3600"), nil
}

// openAPI is GET /openapi.yaml: the contract of this API.
func (m *Machine) openAPI(_ context.Context, r *httpapi.Request) (httpapi.Answer, error) {
	sum := sha256.Sum256(m.d.OpenAPI)
	return httpapi.PublicTagged(r, "application/yaml", m.d.OpenAPI, base64.RawURLEncoding.EncodeToString(sum[:16])).With("Cache-Control", "public, max-age=3600"), nil
}
