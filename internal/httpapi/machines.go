package httpapi

import (
	"crypto/subtle"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/patient-care-aggregator/aggregator/internal/problem"
)

// health is GET /healthz: the process answers.
func (s *server) health(c *gin.Context) error {
	c.JSON(http.StatusOK, gin.H{"status": "pass"})
	return nil
}

// ready is GET /readyz: the service can answer citizens. What it lacks goes to
// the log, not to whoever asks.
func (s *server) ready(c *gin.Context) error {
	if err := s.d.Ready(c.Request.Context()); err != nil {
		return problem.New(problem.ServiceUnavailable, err)
	}
	c.JSON(http.StatusOK, gin.H{"status": "pass"})
	return nil
}

// ping is GET /_ping, as every API on the NHS platform has it.
func (s *server) ping(c *gin.Context) error {
	c.JSON(http.StatusOK, gin.H{"status": "pass", "version": s.d.Version})
	return nil
}

// status is GET /_status, as every API on the NHS platform has it: the health of
// what this service needs, for whoever holds the key.
func (s *server) status(c *gin.Context) error {
	want := s.d.StatusAPIKey
	if want.IsZero() || subtle.ConstantTimeCompare([]byte(c.GetHeader("apikey")), []byte(want.Reveal())) != 1 {
		return problem.New(problem.SignInRequired, nil).WithDetail("This address needs a valid apikey header.")
	}
	store := "pass"
	if err := s.d.Ready(c.Request.Context()); err != nil {
		store = "fail"
	}
	code := http.StatusOK
	if store == "fail" {
		code = http.StatusServiceUnavailable
	}
	c.JSON(code, gin.H{"status": store, "version": s.d.Version, "checks": gin.H{"store:audit": gin.H{"status": store}}})
	return nil
}

// jwks is GET /.well-known/jwks.json: the keys that NHS login and the API
// platform check this service's assertions with. They cache it for an hour.
func (s *server) jwks(c *gin.Context) error {
	c.Header("Cache-Control", "public, max-age=3600")
	c.Data(http.StatusOK, "application/json", s.d.JWKS)
	return nil
}

// openAPI is GET /openapi.yaml: the contract of this API.
func (s *server) openAPI(c *gin.Context) error {
	c.Data(http.StatusOK, "application/yaml", s.d.OpenAPI)
	return nil
}
