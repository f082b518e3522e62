package patientcare

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/aggregate"
)

func TestTheBudgetKeepsItsLastPartForFirstReads(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	b := NewBudget(500, time.Minute, func() time.Time { return now }, nil)
	count := func(again bool) int {
		for n := 0; ; n++ {
			err := b.spend(t.Context(), again)
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
	if err := none.spend(t.Context(), true); err != nil {
		t.Error(err)
	}
}

// shared counts for two replicas, until it is lost.
type shared struct {
	taken int64
	lost  bool
}

func (s *shared) Take(_ context.Context, _ string, limit int64, period time.Duration, reserve int64) (bool, error) {
	switch {
	case s.lost:
		return false, errors.New("lost")
	case limit != 50 || period != 6*time.Second || limit-s.taken <= reserve:
		return false, nil
	}
	s.taken++
	return true, nil
}

func TestReplicasHaveOneBudget(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	together := &shared{}
	replica := func() *Budget { return NewBudget(500, time.Minute, func() time.Time { return now }, together) }
	one, two := replica(), replica()
	asked := func(b *Budget, again bool) (n int) {
		for b.spend(t.Context(), again) == nil {
			n++
		}
		return n
	}
	if a, b, c := asked(one, true), asked(two, true), asked(two, false); a != 38 || b != 0 || c != 12 {
		t.Errorf("%d, %d and %d requests, want 38, 0 and 12", a, b, c)
	}
	together.lost = true
	now = now.Add(time.Minute)
	if a, b := asked(one, false), asked(two, false); a != 50 || b != 50 {
		t.Errorf("%d and %d requests without Redis, want each replica's own 50", a, b)
	}
}
