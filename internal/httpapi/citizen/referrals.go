package citizen

import (
	"context"

	"github.com/patient-care-aggregator/aggregator/internal/httpapi"
	"github.com/patient-care-aggregator/aggregator/internal/release"
	"github.com/patient-care-aggregator/aggregator/internal/timeline"
)

type referralsBody struct {
	Referrals []timeline.Referral `json:"referrals"`
	Orphans   []timeline.Orphan   `json:"orphans"`
}

// referrals is GET /v1/referrals.
func (a *API) referrals(ctx context.Context, r *httpapi.Request) (httpapi.Answer, error) {
	return a.show(ctx, r, release.Request{Purpose: "referrals"}, func(read release.Reading) (release.Content, error) {
		built := read.Timeline()
		return read.JSON(referralsBody{built.Referrals, built.Orphans}, release.IDs(built))
	})
}
