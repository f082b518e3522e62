package aggregate_test

import (
	"context"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/aggregate"
	"github.com/patient-care-aggregator/aggregator/internal/cache"
	"github.com/patient-care-aggregator/aggregator/internal/cache/memory"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/referral"
)

// replicas are two aggregators that share what they keep.
type replicas struct {
	now      time.Time
	one, two *aggregate.Aggregator
}

func newReplicas(t *testing.T, s aggregate.Source, change ...func(*aggregate.Deps)) *replicas {
	t.Helper()
	r := &replicas{now: time.Now()}
	d := aggregate.Deps{
		Sources: []aggregate.Source{s}, Readings: memory.New[aggregate.Reading](10), Tries: memory.New[aggregate.Try](10),
		Now: func() time.Time { return r.now }, Fresh: fresh, StaleMax: staleMax, Timeout: timeout,
		Observe: func(string, cache.Outcome) {}, Failed: func(context.Context, string, error) {},
	}
	for _, c := range change {
		c(&d)
	}
	var err error
	if r.one, err = aggregate.New(d); err != nil {
		t.Fatal(err)
	}
	if r.two, err = aggregate.New(d); err != nil {
		t.Fatal(err)
	}
	return r
}

func refresh(t *testing.T, a *aggregate.Aggregator) (aggregate.Result, error) {
	t.Helper()
	return a.Read(t.Context(), aggregate.Access{Citizen: citizen.New("ref", citizen.NHSNumber{}, [32]byte{}), IDTokenExpires: endless}, aggregate.Refresh)
}

func TestAFailureAtOneReplicaIsToldAtTheOtherUntilATrySucceeds(t *testing.T) {
	s := &source{id: "one", read: holds("a")}
	r := newReplicas(t, s)
	if _, err := read(t, r.one); err != nil {
		t.Fatal(err)
	}
	r.now = r.now.Add(11 * time.Second)
	s.read = fails(failure(referral.IssueTransient, aggregate.Busy))
	failedAt := r.now
	for i, a := range []*aggregate.Aggregator{r.one, r.two} {
		got, err := refresh(t, a)
		if one := got.Sources[0]; err != nil || one.Status != referral.SourceStale || !one.LastTry.Equal(failedAt) || one.Asked != (i == 0) || one.Issue != referral.IssueTransient {
			t.Errorf("replica %d: %+v, %v", i, got, err)
		}
	}
	r.now = r.now.Add(hold)
	if got, err := read(t, r.two); err != nil || got.Sources[0].Status != referral.SourceStale || !got.Sources[0].LastTry.Equal(failedAt) || s.reads != 2 {
		t.Errorf("a fresh reading hides the failure: %+v, %v after %d reads", got, err, s.reads)
	}
	s.read = holds("a", "b")
	if got, err := refresh(t, r.two); err != nil || !got.Complete || len(got.Facts) != 2 {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := read(t, r.one); err != nil || !got.Complete || len(got.Facts) != 2 || got.Sources[0].LastTry != nil {
		t.Errorf("%+v, %v", got, err)
	}
	for range 3 { // the floor is everybody's
		if got, err := refresh(t, r.one); err != nil || !got.Complete || s.reads != 3 {
			t.Errorf("%+v, %v after %d reads", got, err, s.reads)
		}
	}
}

// late finds nothing at first, like a look before another replica's failure.
type late struct {
	cache.Backend[aggregate.Try]

	looks int
}

func (l *late) Get(ctx context.Context, key string) (cache.Item[aggregate.Try], bool) {
	if l.looks > 0 {
		l.looks--
		return cache.Item[aggregate.Try]{}, false
	}
	return l.Backend.Get(ctx, key)
}

func TestAReplicaThatWaitedForAFailureDoesNotAskAgain(t *testing.T) {
	s := &source{id: "one", read: fails(failure(referral.IssueTransient, aggregate.Busy))}
	kept := &late{Backend: memory.New[aggregate.Try](10)}
	r := newReplicas(t, s, func(d *aggregate.Deps) { d.Tries = kept })
	if _, err := read(t, r.one); kindOf(err) != aggregate.Busy {
		t.Fatal(err)
	}
	kept.looks = 1
	got, err := read(t, r.two)
	if kindOf(err) != aggregate.Busy || got.Sources[0].Asked || !got.Sources[0].LastTry.Equal(r.now) || s.reads != 1 {
		t.Errorf("%+v, %v after %d reads", got, err, s.reads)
	}
}
