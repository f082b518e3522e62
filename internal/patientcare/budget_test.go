package patientcare

import (
	"errors"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/aggregate"
)

func TestTheBudgetKeepsItsLastPartForFirstReads(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	b := NewBudget(500, time.Minute, func() time.Time { return now })
	count := func(again bool) int {
		for n := 0; ; n++ {
			err := b.spend(again)
			if err == nil {
				continue
			}
			var f *aggregate.Failure
			if !errors.As(err, &f) || f.Kind != aggregate.Busy || f.NotStale {
				t.Fatalf("%v", err)
			}
			return n
		}
	}
	refreshes, first := count(true), count(false)
	if refreshes != 38 || first != 12 { // of the 50 of six seconds
		t.Errorf("%d refreshes and then %d first reads", refreshes, first)
	}
	total := 0
	for range 60 {
		now = now.Add(time.Second)
		total += count(true) + count(false)
	}
	if total < 490 || total > 500 {
		t.Errorf("%d requests in a minute, want 500 at the most", total)
	}
	var none *Budget
	if err := none.spend(true); err != nil {
		t.Error(err)
	}
}
