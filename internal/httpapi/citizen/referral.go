package citizen

import (
	"context"
	"slices"

	"github.com/patient-care-aggregator/aggregator/internal/httpapi"
	"github.com/patient-care-aggregator/aggregator/internal/release"
	"github.com/patient-care-aggregator/aggregator/internal/timeline"
)

type referralBody struct {
	Referral timeline.Referral `json:"referral"`
}

// referral is GET /v1/referrals/{id}.
func (a *API) referral(ctx context.Context, r *httpapi.Request) (httpapi.Answer, error) {
	return a.show(ctx, r, release.Request{Purpose: "referral"}, func(read release.Reading) (release.Content, error) {
		found, err := own(read, func(referral timeline.Referral) bool { return referral.ID == r.Param("id") })
		if err != nil {
			return release.Content{}, err
		}
		return read.JSON(referralBody{found}, []string{found.ID})
	})
}

// own finds one of the caller's own referrals. An id that is not among them is
// not found, whether or not somebody else has it; where something could not be
// read it may be among that, and the error says so.
func own(read release.Reading, is func(timeline.Referral) bool) (timeline.Referral, error) {
	built := read.Timeline()
	if i := slices.IndexFunc(built.Referrals, is); i >= 0 {
		return built.Referrals[i], nil
	}
	if !read.Complete {
		return timeline.Referral{}, release.ErrMayBeMissing
	}
	return timeline.Referral{}, release.ErrNotFound
}
