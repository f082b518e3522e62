package history_test

import (
	"fmt"
	"testing"

	"github.com/patient-care-aggregator/aggregator/internal/history"
	"github.com/patient-care-aggregator/aggregator/internal/referral"
)

// BenchmarkObserveWarm is what a history adds to a warm answer: nothing changed,
// nothing is written or read from the store.
func BenchmarkObserveWarm(b *testing.B) {
	for _, n := range []int{1, 10, 50} {
		k := newBench(b, func(d *history.Deps) { d.Limits = history.Limits{} })
		var list []referral.Facts
		for i := range n {
			list = append(list, facts(fmt.Sprintf("referral%014d", i), referral.StateAwaitingTriage, dueBy(9)))
		}
		for i := range 3 {
			k.observe(b, i, list...)
		}
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				k.Observe(b.Context(), ann, app, whole(day(3), list...))
			}
		})
	}
}
