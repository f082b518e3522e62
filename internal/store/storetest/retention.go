package storetest

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
)

// kept returns the places of the entries that have an opening, and of those whose
// correlation id can be looked up. The log has to verify.
func kept(t *testing.T, s Stores) (openings, correlations []int64) {
	t.Helper()
	_, err := audit.Verify(t.Context(), s.Log)
	must(t, err)
	page, err := s.Log.Records(t.Context(), -1, 100)
	must(t, err)
	for _, r := range page {
		if r.Opening != nil {
			openings = append(openings, r.Seq)
		}
		if r.Opening != nil && r.Opening.Correlation != nil {
			correlations = append(correlations, r.Seq)
		}
	}
	return openings, correlations
}

func pruned(before int64) audit.Entry {
	return audit.Entry{Kind: audit.Pruned, At: noon().Add(time.Hour), Actor: audit.ActorService, Outcome: audit.Succeeded, Before: before}
}

func testRetention(t *testing.T, open opener) {
	// filled has an entry a minute from noon on, about ann and bob in turns.
	filled := func(t *testing.T, n int) Stores {
		t.Helper()
		s := open(t)
		known(t, s, ann, bob)
		for i := range n {
			_, err := s.Log.Append(t.Context(), audit.Guard{}, refused([]citizen.Ref{ann, bob}[i%2], noon().Add(time.Duration(i)*time.Minute)))
			must(t, err)
		}
		return s
	}
	minute := func(n int) time.Time { return noon().Add(time.Duration(n) * time.Minute) }
	forget := func(t *testing.T, s Stores, before time.Time, limit, want int) {
		t.Helper()
		if n, err := s.Log.ForgetCorrelations(t.Context(), before, limit); err != nil || n != want {
			t.Errorf("%d forgotten instead of %d, %v", n, want, err)
		}
	}
	prune := func(t *testing.T, s Stores, before time.Time, limit, want int) {
		t.Helper()
		if n, err := s.Log.Prune(t.Context(), before, limit); err != nil || n != want {
			t.Errorf("%d pruned instead of %d, %v", n, want, err)
		}
	}
	prunable := func(t *testing.T, s Stores, before time.Time, older, allowed int64) {
		t.Helper()
		if n, a, err := s.Log.Prunable(t.Context(), before); err != nil || n != older || a != allowed {
			t.Errorf("%d are older instead of %d, allowed are %d instead of %d, %v", n, older, a, allowed, err)
		}
	}
	left := func(t *testing.T, s Stores, openings, correlations []int64) {
		t.Helper()
		b, c := kept(t, s)
		if !slices.Equal(b, openings) || !slices.Equal(c, correlations) {
			t.Errorf("openings %v instead of %v, correlation ids %v instead of %v", b, openings, c, correlations)
		}
	}

	t.Run("correlation ids of older entries go, so many at a time, and their leaves stay", func(t *testing.T) {
		s := filled(t, 5)
		forget(t, s, minute(0), 10, 0)
		forget(t, s, minute(3), 2, 2)
		forget(t, s, minute(3), 2, 1)
		forget(t, s, minute(3), 2, 0)
		left(t, s.Reopen(t), []int64{0, 1, 2, 3, 4}, []int64{3, 4})
	})

	t.Run("what is due is counted and stays, and nothing under hold is counted", func(t *testing.T) {
		s := filled(t, 6)
		due := func(correlations, openings int, want audit.Retained) {
			t.Helper()
			if got, err := s.Log.Due(t.Context(), minute(correlations), minute(openings)); err != nil || got != want {
				t.Errorf("%+v instead of %+v, %v", got, want, err)
			}
		}
		due(0, 0, audit.Retained{})
		due(4, 3, audit.Retained{Correlations: 4, Openings: 3})
		due(9, 9, audit.Retained{Correlations: 6, Openings: 6})
		left(t, s, []int64{0, 1, 2, 3, 4, 5}, []int64{0, 1, 2, 3, 4, 5})
		place(t, s, holdOn(ann, "hold-1")) // its entry is of noon, and about ann
		due(9, 9, audit.Retained{Correlations: 3, Openings: 3})
		must(t, s.Log.AllowPruning(t.Context(), pruned(3)))
		forget(t, s, minute(4), 10, 2)
		prune(t, s, minute(3), 10, 1)
		due(4, 3, audit.Retained{})
	})

	t.Run("no opening goes before the log allows it; then older ones go, and every leaf stays", func(t *testing.T) {
		s := filled(t, 5)
		prune(t, s, minute(9), 10, 0)
		prunable(t, s, minute(0), 0, 0)
		prunable(t, s, minute(3), 3, 0)
		root, err := audit.Verify(t.Context(), s.Log)
		must(t, err)
		must(t, s.Log.AllowPruning(t.Context(), pruned(3)))
		prunable(t, s, minute(3), 3, 3)
		prune(t, s, minute(3), 2, 2)
		prune(t, s, minute(9), 10, 1) // not beyond what the log allows
		forget(t, s, minute(9), 10, 2)
		s = s.Reopen(t)
		left(t, s, []int64{3, 4, 5}, nil)
		report, err := audit.Verify(t.Context(), s.Log, audit.Checkpoint{Size: root.Entries, Root: root.Root})
		if err != nil || report.Removed != 3 || report.Vouched != 5 {
			t.Errorf("%+v, %v", report, err)
		}
		if found, err := s.Log.Find(t.Context(), audit.Filter{List: listOf(t, s, ann)}, 0, 10); err != nil || len(found) != 1 {
			t.Errorf("found %d entries, %v", len(found), err)
		}
		if counts, err := s.Log.Count(t.Context(), noon(), minute(30)); err != nil || len(counts) != 1 || counts[0].Entries != 5 {
			t.Errorf("counted %+v, %v", counts, err)
		}
	})

	t.Run("the entries around a time say how long it was between them", func(t *testing.T) {
		s := open(t)
		for _, n := range []int{1, 5, 60} {
			_, err := s.Log.Append(t.Context(), audit.Guard{}, refused(ann, minute(n)))
			must(t, err)
		}
		for _, c := range []struct{ at, last, next time.Time }{
			{minute(0), time.Time{}, minute(1)},
			{minute(1), time.Time{}, minute(1)},
			{minute(4), minute(1), minute(5)},
			{minute(60), minute(5), minute(60)},
			{minute(61), minute(60), time.Time{}},
		} {
			last, next, newest, err := s.Log.TimesAround(t.Context(), c.at)
			if err != nil || !last.Equal(c.last) || !next.Equal(c.next) || !newest.Equal(minute(60)) {
				t.Errorf("around %v: %v, %v, %v, %v", c.at, last, next, newest, err)
			}
		}
		last, next, newest, err := open(t).Log.TimesAround(t.Context(), noon())
		if err != nil || !last.IsZero() || !next.IsZero() || !newest.IsZero() {
			t.Errorf("of nothing: %v, %v, %v, %v", last, next, newest, err)
		}
	})

	t.Run("what the log allows and its entry are written both or neither", func(t *testing.T) {
		s := filled(t, 2)
		unfit := invalid()
		unfit.Before = 1
		for _, e := range []audit.Entry{unfit, pruned(3)} { // there is no entry 2 to go
			if err := s.Log.AllowPruning(t.Context(), e); !errors.Is(err, audit.ErrInvalidEntry) {
				t.Errorf("%+v: %v", e, err)
			}
		}
		prune(t, s, minute(9), 10, 0)
		left(t, s, []int64{0, 1}, []int64{0, 1})
		must(t, s.Log.AllowPruning(t.Context(), pruned(1)))
		if all := entries(t, s.Log); len(all) != 3 || all[2].Before != 1 {
			t.Errorf("entries %+v", all)
		}
	})

	for name, c := range map[string]struct {
		hold                   audit.Hold
		openings, correlations []int64
	}{
		"one citizen": {holdOn(ann, "hold-1"), []int64{0, 2, 4, 5}, []int64{0, 2}},
		"everything":  {holdOn("", "hold-1"), []int64{0, 1, 2, 3, 4, 5}, []int64{0, 1, 2, 3}},
	} {
		t.Run("a hold on "+name+" keeps openings and correlation ids until it is lifted", func(t *testing.T) {
			s := filled(t, 4)
			place(t, s, c.hold)                                 // entry 4
			must(t, s.Log.AllowPruning(t.Context(), pruned(4))) // entry 5
			forget(t, s, minute(9), 10, 4-len(c.correlations))
			prune(t, s, minute(9), 10, 6-len(c.openings))
			left(t, s, c.openings, c.correlations)
			lift(t, s, c.hold) // entry 6
			forget(t, s, minute(9), 10, len(c.correlations))
			prune(t, s, minute(9), 10, len(c.openings)-2)
			left(t, s, []int64{4, 5, 6}, nil)
		})
	}

	t.Run("an entry that a wrong clock dated ahead, and those behind it, are kept until that time is over", func(t *testing.T) {
		s := open(t)
		for _, n := range []int{0, 60, 1} {
			_, err := s.Log.Append(t.Context(), audit.Guard{}, refused(ann, minute(n)))
			must(t, err)
		}
		prunable(t, s, minute(2), 1, 0)
		prunable(t, s, minute(61), 3, 0)
		must(t, s.Log.AllowPruning(t.Context(), pruned(3)))
		forget(t, s, minute(2), 10, 1)
		prune(t, s, minute(2), 10, 1)
		left(t, s, []int64{1, 2, 3}, []int64{1, 2})
	})
}
