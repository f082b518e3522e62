package citizen

import (
	"context"
	"slices"
	"strconv"

	"github.com/patient-care-aggregator/aggregator/internal/aggregate"
	"github.com/patient-care-aggregator/aggregator/internal/httpapi"
	"github.com/patient-care-aggregator/aggregator/internal/release"
)

// timeline is GET /v1/timeline.
func (a *API) timeline(ctx context.Context, r *httpapi.Request) (httpapi.Answer, error) {
	return a.show(ctx, r, release.Request{Purpose: "timeline"}, timelineContent)
}

// refresh is POST /v1/timeline/refresh: the sources are asked even if what is kept
// is still fresh, unless they were asked just now. Retry-After says from when on they
// are asked again.
func (a *API) refresh(ctx context.Context, r *httpapi.Request) (httpapi.Answer, error) {
	var held bool
	answer, err := a.show(ctx, r, release.Request{Purpose: "timeline", Refresh: true}, func(read release.Reading) (release.Content, error) {
		held = !slices.ContainsFunc(read.Sources, func(s aggregate.SourceOutcome) bool { return s.Asked })
		return timelineContent(read)
	})
	if err == nil && held {
		answer = answer.With("Retry-After", strconv.Itoa(int(aggregate.RefreshFloor.Seconds())))
	}
	return answer, err
}

func timelineContent(read release.Reading) (release.Content, error) {
	built := read.Timeline()
	return read.JSON(built, release.IDs(built))
}
