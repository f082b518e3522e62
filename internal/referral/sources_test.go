package referral_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/patient-care-aggregator/aggregator/internal/referral"
)

// Two systems that know one referral are two copies of it, each as its source sent
// it: what one says of a booking is never put into the words of the other.
func TestMergingKeepsWhatTwoSourcesSayApart(t *testing.T) {
	t.Parallel()
	start, other := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), time.Date(2026, 3, 9, 9, 0, 0, 0, time.UTC)
	ers := referral.Facts{
		Source: "ers-01", ID: "a", BookingReference: "000000000001", State: referral.StateBooked, Version: "3",
		Appointment: &referral.Appointment{ID: "booking", Start: &start},
	}
	portal := referral.Facts{
		Source: "portal-01", ID: "a", BookingReference: "000000000001", Version: "7",
		Appointment: &referral.Appointment{ID: "visit", Start: &other}, Review: &referral.Review{Kind: referral.ReviewTriage},
	}
	// The same booking reference under another id is not joined by guessing.
	apart := referral.Facts{Source: "portal-02", ID: "b", BookingReference: "000000000001"}
	for _, order := range [][]referral.Facts{{ers, portal, apart}, {apart, portal, ers}} {
		merged := referral.Merge(order)
		slices.SortFunc(merged, func(x, y referral.Copies) int { return len(y) - len(x) })
		want := []referral.Copies{{ers, portal}, {apart}}
		if diff := cmp.Diff(want, merged); diff != "" {
			t.Error(diff)
		}
	}
}
