package httpapi

import (
	"errors"
	"fmt"
	"testing"

	"github.com/patient-care-aggregator/aggregator/internal/aggregate"
	"github.com/patient-care-aggregator/aggregator/internal/problem"
	"github.com/patient-care-aggregator/aggregator/internal/referral"
)

func TestASourcesFailureIsTheRightProblem(t *testing.T) {
	kind := func(k aggregate.Kind) error {
		return &aggregate.Failure{Issue: referral.IssueTransient, Kind: k, Cause: errors.New("why")}
	}
	for want, err := range map[problem.Code]error{
		problem.UpstreamUnavailable:      kind(aggregate.Unavailable),
		problem.UpstreamTimeout:          kind(aggregate.TooSlow),
		problem.ServiceUnavailable:       kind(aggregate.Busy),
		problem.IdentityLevelTooLow:      kind(aggregate.IdentityLevelTooLow),
		problem.ReauthenticationRequired: aggregate.ErrReauthenticate,
		problem.Internal:                 errors.New("of another package"),
	} {
		if p := problemOf(fmt.Errorf("read: %w", err)); p.Code() != want || !errors.Is(p, err) {
			t.Errorf("%v is %v, want %s", err, p, want)
		}
	}
}
