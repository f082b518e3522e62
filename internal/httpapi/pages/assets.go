package pages

import (
	"context"
	"net/http"

	"github.com/patient-care-aggregator/aggregator/internal/httpapi"
	"github.com/patient-care-aggregator/aggregator/internal/problem"
)

// asset is GET /assets/{name}: a style or picture of the pages. Its name changes
// with its content, so browsers may keep it.
func (p *Pages) asset(_ context.Context, r *httpapi.Request) (httpapi.Answer, error) {
	found, ok := p.d.Web.Asset(r.Param("name"))
	if !ok {
		return nil, problem.New(problem.NotFound, nil)
	}
	return httpapi.Public(http.StatusOK, found.ContentType, found.Content).
		With("Cache-Control", "public, max-age=31536000, immutable"), nil
}
