package history_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/history"
	"github.com/patient-care-aggregator/aggregator/internal/referral"
)

func TestRecording(t *testing.T) {
	waiting, reviewed := facts(heart, referral.StateAwaitingTriage), facts(heart, referral.StateReviewed)

	t.Run("what is not yet in the log is not stored", func(t *testing.T) {
		b := newBench(t)
		b.observe(t, 0, waiting)
		b.clock.Set(day(1))
		for range 3 { // looked at, and never shown
			if got := b.Observe(t.Context(), ann, app, whole(day(1), reviewed)); len(got.Observed) != 2 || got.Change == nil {
				t.Errorf("got %v", got)
			}
		}
		if b.store.writes != 1 || len(b.store.entries) != 1 {
			t.Errorf("%d writes, %d entries", b.store.writes, len(b.store.entries))
		}
	})
	t.Run("of two devices that start from one state one is stored, and the other tells the same when it starts again", func(t *testing.T) {
		b := newBench(t)
		b.observe(t, 0, waiting)
		b.clock.Set(day(3))
		look := func() history.Seen {
			return b.Observe(t.Context(), ann, app, whole(day(3), facts(heart, referral.StateSentBack)))
		}
		first, second := look(), look()
		if err := b.log(t, ann, first); err != nil {
			t.Fatal(err)
		}
		if err := b.log(t, ann, second); !errors.Is(err, history.ErrConflict) || !audit.IsGuardError(err) {
			t.Errorf("error %v", err)
		}
		second = look()
		if diff := cmp.Diff(first.Observed, second.Observed); diff != "" || second.Change != nil {
			t.Errorf("%v, and %s", second.Change, diff)
		}
		if b.store.writes != 2 || len(b.store.entries) != 2 {
			t.Errorf("%d writes, %d entries", b.store.writes, len(b.store.entries))
		}
	})
	t.Run("an append that fails stores nothing, counts nothing and is not told next time", func(t *testing.T) {
		for _, failure := range []error{errors.New("the disk is gone"), audit.ErrConsentChanged} {
			b := newBench(t)
			b.observe(t, 0, facts(heart, referral.StateNotBooked))
			b.clock.Set(day(1))
			seen := b.Observe(t.Context(), ann, app, whole(day(1), facts(heart, referral.StateSentBack)))
			b.store.judge = func() error { return failure }
			if err := b.log(t, ann, seen); !errors.Is(err, failure) || b.impossible != 0 {
				t.Errorf("error %v, %d counted", err, b.impossible)
			}
			if got := b.Observe(t.Context(), ann, app, whole(day(1), facts(heart, referral.StateNotBooked))); len(got.Observed) != 1 || got.Change != nil {
				t.Errorf("told is %v", got)
			}
		}
	})
	t.Run("where it is not known whether it was written, the store is asked", func(t *testing.T) {
		b := newBench(t)
		b.observe(t, 0, waiting)
		b.clock.Set(day(1))
		seen := b.Observe(t.Context(), ann, app, whole(day(1), reviewed))
		b.store.unknown = audit.ErrOutcomeUnknown
		if err := b.log(t, ann, seen); !errors.Is(err, audit.ErrOutcomeUnknown) {
			t.Fatal(err)
		}
		if got := b.Observe(t.Context(), ann, app, whole(day(1), reviewed)); len(got.Observed) != 2 || got.Change != nil {
			t.Errorf("told is %v", got)
		}
	})
}
