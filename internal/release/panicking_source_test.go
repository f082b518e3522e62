package release_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/aggregate"
	"github.com/patient-care-aggregator/aggregator/internal/cache"
	"github.com/patient-care-aggregator/aggregator/internal/cache/memory"
	"github.com/patient-care-aggregator/aggregator/internal/disclosure"
	"github.com/patient-care-aggregator/aggregator/internal/history"
	"github.com/patient-care-aggregator/aggregator/internal/panics"
	"github.com/patient-care-aggregator/aggregator/internal/referral"
	"github.com/patient-care-aggregator/aggregator/internal/release"
	"github.com/patient-care-aggregator/aggregator/internal/timeline"
	"github.com/patient-care-aggregator/aggregator/internal/wording"
)

// reads is a source by one function.
type reads struct {
	id   string
	read func() aggregate.Reading
}

func (r reads) ID() string   { return r.id }
func (r reads) Name() string { return "Name of " + r.id }
func (r reads) Read(context.Context, aggregate.Access) (aggregate.Reading, error) {
	return r.read(), nil
}

// showing is a service over real sources.
func showing(t *testing.T, w *world, h panics.Handler, sources ...aggregate.Source) *release.Service {
	t.Helper()
	asked, err := aggregate.New(aggregate.Deps{
		Sources: sources, Readings: memory.New[aggregate.Reading](8), Now: func() time.Time { return w.now },
		Fresh: time.Minute, StaleMax: time.Hour, Timeout: time.Minute, Panics: h,
		Observe: func(string, cache.Outcome) {}, Failed: func(context.Context, string, error) {},
	})
	if err != nil {
		t.Fatal(err)
	}
	words, policy := wordsOf(t)
	s, err := release.New(release.Deps{
		HandOffs: memory.New[time.Time](10),
		Consents: consents{w}, Sources: asked, History: histories{w}, Log: log{w: w}, Recording: w.recording, Now: func() time.Time { return w.now },
		Words:  func() (*wording.Set, *disclosure.Policy) { return words, policy },
		Reason: func(err error) string { return err.Error() }, Counted: func(timeline.Counts) {},
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func one(id string) func() aggregate.Reading {
	return func() aggregate.Reading { return aggregate.Reading{Facts: []referral.Facts{{ID: id}}} }
}

func TestAPanicInASourceCostsOneRequestItsPart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var reports []string
	faulty := true
	source := reads{"faulty", func() aggregate.Reading {
		if faulty {
			panic("fault in a source")
		}
		return one("referral-2")()
	}}
	h := func(_ context.Context, e *panics.Error) { reports = append(reports, e.Place) }

	only := showing(t, w, h, source)
	if _, err := only.Show(t.Context(), w.ask(), whole); !asFailure(err) || len(reports) != 1 {
		t.Errorf("nothing to show: %v, reported %v", err, reports)
	}
	both := showing(t, w, h, source, reads{"good", one("referral-1")})
	released, err := both.Show(t.Context(), w.ask(), whole)
	content, ok := released.Content()
	if err != nil || !ok || !content.Incomplete || len(content.Referrals) != 1 {
		t.Errorf("a part to show: %+v, %v", content.Referrals, err)
	}
	faulty = false
	for name, s := range map[string]*release.Service{"only": only, "both": both} {
		released, err := s.Show(t.Context(), w.ask(func(q *release.Request) { q.Refresh = true }), whole)
		if content, ok := released.Content(); err != nil || !ok || content.Incomplete {
			t.Errorf("%s: the next request: %v", name, err)
		}
	}
}

func asFailure(err error) bool {
	var f *aggregate.Failure
	return errors.As(err, &f)
}

// A reading is shared by everybody who gets it from the cache. Under the race
// detector this finds a caller that changes it.
func TestNobodyChangesASharedReading(t *testing.T) {
	t.Parallel()
	words, policy := wordsOf(t)
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	facts := []referral.Facts{
		{Source: "b", ID: "two", State: referral.StateBooked, Appointment: &referral.Appointment{ID: "x", Start: &at}},
		{Source: "a", ID: "two", State: referral.StateReviewed, Version: "2", Review: &referral.Review{Kind: referral.ReviewTriage}},
		{Source: "a", ID: "one", State: referral.StateNotBooked, Specialty: &referral.Coding{Code: "100", Display: "GENERAL SURGERY"}},
		{Source: "a", State: "ODD"},
	}
	var all sync.WaitGroup
	for range 2 {
		all.Go(func() {
			timeline.Build(timeline.Input{Facts: facts}, words, policy, wording.English, at)
		})
		all.Go(func() {
			history.Compare(history.History{}, history.Reading{Facts: facts, At: at, Complete: true}, history.Limits{}, at)
		})
	}
	all.Wait()
	if facts[0].Source != "b" || facts[3].ID != "" {
		t.Errorf("the reading was changed: %+v", facts)
	}
}
