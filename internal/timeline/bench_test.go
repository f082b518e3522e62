package timeline_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/referral"
	"github.com/patient-care-aggregator/aggregator/internal/wording"
)

// manyFacts is n referrals of every kind, each with names of its own.
func manyFacts(n int) []referral.Facts {
	facts := make([]referral.Facts, 0, n)
	for i := range n {
		f := atService(allStates()[i%len(allStates())], func(f *referral.Facts) {
			f.ID = fmt.Sprintf("referral%014d", i)
			f.Service.Name = fmt.Sprintf("Clinic number %d - Leeds", i)
			if i%7 == 0 {
				f.Priority = "TWO_WEEK_WAIT"
			}
			if f.State == referral.StateBooked {
				f.Appointment = appointment(now().AddDate(0, 0, i-n/2), 20*time.Minute)
			} else {
				f.Review = review(referral.ReviewTriage, 2026, time.January, 1+i%28)
			}
		})
		facts = append(facts, f)
	}
	return facts
}

func BenchmarkBuild(b *testing.B) {
	vs := valueSets(b)
	for _, n := range []int{1, 10, 100, 500} {
		facts := manyFacts(n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				build(facts, vs, wording.English, now())
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/referral")
		})
	}
}

func TestWorkGrowsWithTheReferralsAndNotFaster(t *testing.T) {
	vs := valueSets(t)
	allocs := func(n int) float64 {
		facts := manyFacts(n)
		return testing.AllocsPerRun(5, func() { build(facts, vs, wording.English, now()) }) / float64(n)
	}
	few, many := allocs(50), allocs(500)
	if many > few*1.1 {
		t.Errorf("%.0f allocations a referral for 50, %.0f for 500", few, many)
	}
}
