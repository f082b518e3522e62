package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/consent"
	"github.com/patient-care-aggregator/aggregator/internal/history"
)

// observation is the step from a revision to the next one. Its row says to which.
func observation(expected int64) history.Step {
	sealed := fmt.Sprint("revision ", expected+1)
	return history.Step{Expected: expected, Put: []history.Row{{Referral: "a", KeyID: "k1", Sealed: []byte(sealed)}}}
}

// testObservations are the promises about a step of a history and the entries that it
// goes with: they are one act.
func testObservations(t *testing.T, open Open) {
	guard := func() audit.Guard { return audit.NewGuard(guardParts()) }
	observe := func(ctx context.Context, s Stores, expected int64) error {
		_, err := s.Histories.Append(ctx, guard(), ann, observation(expected), released(ann, noon()))
		return err
	}
	// has fails the test unless so many data entries and observations are stored.
	has := func(t *testing.T, s Stores, want int64) {
		t.Helper()
		shown := int64(0)
		for _, e := range entries(t, s.Log) {
			if e.Kind == audit.DataReleased {
				shown++
			}
		}
		stored, err := s.Histories.Observations(t.Context(), ann)
		must(t, err)
		if shown != want || stored.Revision != want {
			t.Errorf("%d entries and revision %d instead of %d", shown, stored.Revision, want)
		}
		if want > 0 && (len(stored.Rows) != 1 || string(stored.Rows[0].Sealed) != fmt.Sprint("revision ", want)) {
			t.Errorf("stored is %q", stored.Rows)
		}
	}
	fails := func(t *testing.T, err, want error) {
		t.Helper()
		if !errors.Is(err, want) {
			t.Errorf("error %v instead of %v", err, want)
		}
	}

	t.Run("a step and its entries are written together, also after a restart", func(t *testing.T) {
		s, _ := signedIn(t, open)
		before := int64(len(entries(t, s.Log)))
		written, err := s.Histories.Append(t.Context(), guard(), ann, observation(0), refused(ann, noon()), released(ann, noon()))
		if diff := cmp.Diff(audit.Written{First: before, Count: 2}, written); diff != "" || err != nil {
			t.Error(err, diff)
		}
		has(t, s, 1)
		must(t, observe(t.Context(), s, 1))
		s = s.Reopen(t)
		has(t, s, 2)
		must(t, observe(t.Context(), s, 2))
		has(t, s, 3)
	})

	t.Run("no step is stored behind the withdrawal of its consent", func(t *testing.T) {
		s, _ := signedIn(t, open)
		must(t, observe(t.Context(), s, 0))
		withdraw(t, s)
		fails(t, observe(t.Context(), s, 1), audit.ErrConsentChanged)
		has(t, s, 1)
	})

	t.Run("nor after its session has ended, nor after the end of its decision, nor of somebody erased", func(t *testing.T) {
		s, _ := signedIn(t, open)
		must(t, s.Sessions.RemoveSession(t.Context(), hashOf(1), refused(ann, noon())))
		fails(t, observe(t.Context(), s, 0), audit.ErrSessionEnded)
		has(t, s, 0)

		s, c := signedIn(t, open)
		c.Set(noon().Add(time.Hour))
		fails(t, observe(t.Context(), s, 0), audit.ErrPast)
		has(t, s, 0)

		s, _ = signedIn(t, open)
		must(t, erase(t, s, ann))
		fails(t, observe(t.Context(), s, 0), audit.ErrSessionEnded)
		has(t, s, 0)
	})

	t.Run("the guard is judged before the revision", func(t *testing.T) {
		s, _ := signedIn(t, open)
		withdraw(t, s)
		fails(t, observe(t.Context(), s, 5), audit.ErrConsentChanged)
	})

	t.Run("a step from another revision is refused with its entries, as a guard error", func(t *testing.T) {
		s, _ := signedIn(t, open)
		must(t, observe(t.Context(), s, 0))
		for _, expected := range []int64{0, 2} {
			err := observe(t.Context(), s, expected)
			fails(t, err, history.ErrConflict)
			if !audit.IsGuardError(err) {
				t.Errorf("%v is a failure of the log", err)
			}
		}
		has(t, s, 1)
		must(t, s.Histories.Remove(t.Context(), ann))
		fails(t, observe(t.Context(), s, 1), history.ErrConflict)
	})

	t.Run("entries that the log refuses take their step along", func(t *testing.T) {
		s, _ := signedIn(t, open)
		for name, e := range map[string][]audit.Entry{
			"none": nil, "one that is invalid": {released(ann, noon()), invalid()}, "one about somebody else": {released(bob, noon())},
		} {
			t.Run(name, func(t *testing.T) {
				_, err := s.Histories.Append(t.Context(), guard(), ann, observation(0), e...)
				fails(t, err, audit.ErrInvalidEntry)
				has(t, s, 0)
			})
		}
	})

	t.Run("a step needs a guard about its citizen", func(t *testing.T) {
		s, _ := signedIn(t, open)
		for _, g := range []audit.Guard{{}, guard()} {
			_, err := s.Histories.Append(t.Context(), g, bob, observation(0), refused(bob, noon()))
			fails(t, err, audit.ErrInvalidEntry)
		}
		if got, err := s.Histories.Observations(t.Context(), bob); err != nil || got.Revision != 0 {
			t.Errorf("%+v, %v", got, err)
		}
	})

	t.Run("a caller who has left leaves neither", func(t *testing.T) {
		s, _ := signedIn(t, open)
		fails(t, observe(ended(t), s, 0), context.Canceled)
		has(t, s, 0)
	})

	t.Run("of many devices that start from one revision one is written, and the others write no entry", func(t *testing.T) {
		s, _ := signedIn(t, open)
		won, errs := race(30, func(int) error { return observe(t.Context(), s, 0) })
		if won != 1 {
			t.Errorf("%d devices were first", won)
		}
		for _, err := range errs {
			fails(t, err, history.ErrConflict)
		}
		has(t, s, 1)
	})

	t.Run("devices that start again from what is stored lose no observation and double none", func(t *testing.T) {
		s, _ := signedIn(t, open)
		const devices = 10
		won, errs := race(devices, func(int) error {
			for {
				stored, err := s.Histories.Observations(t.Context(), ann)
				if err == nil {
					err = observe(t.Context(), s, stored.Revision)
				}
				if !errors.Is(err, history.ErrConflict) {
					return err
				}
			}
		})
		if won != devices {
			t.Error(errs)
		}
		has(t, s, devices)
	})

	t.Run("of observations at the same time as a withdrawal none is stored after it, and those before it have their entries", func(t *testing.T) {
		s, _ := signedIn(t, open)
		_, errs := race(20, func(i int) error {
			if i == 10 {
				return s.Consents.Record(t.Context(), 1, consentEvent(consent.Withdrawn, app, 2), refused(ann, noon()))
			}
			return observe(t.Context(), s, 0)
		})
		written := int64(19)
		for _, err := range errs {
			if written--; !audit.IsGuardError(err) {
				t.Error(err)
			}
		}
		if written > 1 {
			t.Errorf("%d devices were first", written)
		}
		has(t, s, written)
	})
}
