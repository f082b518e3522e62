package citizen

import (
	"context"

	"github.com/patient-care-aggregator/aggregator/internal/httpapi"
	"github.com/patient-care-aggregator/aggregator/internal/release"
)

// timeline is GET /v1/timeline.
func (a *API) timeline(ctx context.Context, r *httpapi.Request) (httpapi.Answer, error) {
	return a.show(ctx, r, release.Request{Purpose: "timeline"}, timelineContent)
}

// refresh is POST /v1/timeline/refresh: the sources are asked even if what is kept
// is still fresh.
func (a *API) refresh(ctx context.Context, r *httpapi.Request) (httpapi.Answer, error) {
	return a.show(ctx, r, release.Request{Purpose: "timeline", Refresh: true}, timelineContent)
}

func timelineContent(read release.Reading) (release.Content, error) {
	built := read.Timeline()
	return read.JSON(built, release.IDs(built.Referrals))
}
