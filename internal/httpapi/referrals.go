package httpapi

import (
	"errors"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/patient-care-aggregator/aggregator/internal/aggregate"
	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/problem"
	"github.com/patient-care-aggregator/aggregator/internal/timeline"
)

type referralsBody struct {
	*envelope

	Referrals []timeline.Referral `json:"referrals"`
}

type referralBody struct {
	*envelope

	Referral timeline.Referral `json:"referral"`
}

// referrals is GET /v1/referrals.
func (s *server) referrals(c *gin.Context) error {
	const purpose = "referrals"
	r, err := s.read(c, aggregate.Cached, purpose)
	if err != nil {
		return err
	}
	built := s.say(r)
	return s.show(c, r, purpose, built.Referrals, func(e *envelope) any { return referralsBody{e, built.Referrals} })
}

// referral is GET /v1/referrals/{id}.
func (s *server) referral(c *gin.Context) error {
	const purpose = "referral"
	r, err := s.read(c, aggregate.Cached, purpose)
	if err != nil {
		return err
	}
	found, err := s.ownReferral(c, r, purpose, func(each timeline.Referral) bool { return each.ID == c.Param("id") })
	if err != nil {
		return err
	}
	return s.show(c, r, purpose, []timeline.Referral{found}, func(e *envelope) any { return referralBody{e, found} })
}

// ownReferral finds one of the caller's own referrals. An id that is not among
// them is not found, whoever's it is; where something could not be read it may
// be among that, and the answer says so.
func (s *server) ownReferral(c *gin.Context, r reading, purpose string, is func(timeline.Referral) bool) (timeline.Referral, error) {
	built := s.say(r)
	i := slices.IndexFunc(built.Referrals, is)
	if i >= 0 {
		return built.Referrals[i], nil
	}
	missing := problem.New(problem.NotFound, nil)
	if !r.Complete {
		missing = problem.New(problem.ServiceUnavailable, errors.New("not among what could be read")).
			WithDetail("We could not read everything just now, and this may be among what is missing.")
	}
	entry := s.entry(c, audit.DataRefused, audit.Refused)
	entry.Purpose, entry.Reason = purpose, string(missing.Code)
	if err := s.append(c, append(s.asked(c, r.Result), entry)...); err != nil {
		return timeline.Referral{}, err
	}
	return timeline.Referral{}, missing
}
