package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/consent"
)

func testForeignWrites(t *testing.T, open opener) {
	t.Run("two processes append to one log in turns, and each reads what the other wrote", func(t *testing.T) {
		s := open(t)
		other := s.Beside(t)
		for i := range 6 {
			e := refused(ann, noon().Add(time.Duration(i)*time.Minute))
			w, err := []Stores{s, other}[i%2].Log.Append(t.Context(), audit.Guard{}, e)
			must(t, err)
			if w.First != int64(i) {
				t.Errorf("entry %d is at place %d", i, w.First)
			}
		}
		if diff := cmp.Diff(entries(t, s.Log), entries(t, other.Log)); diff != "" {
			t.Error(diff)
		}
	})

	t.Run("of two processes that act on one citizen's consents one is first, and the other conflicts", func(t *testing.T) {
		s := open(t)
		other := s.Beside(t)
		must(t, other.Consents.Record(t.Context(), 0, grant(ann, 1), refused(ann, noon())))
		if err := s.Consents.Record(t.Context(), 0, grant(ann, 1), refused(ann, noon())); !errors.Is(err, consent.ErrConflict) {
			t.Errorf("error %v", err)
		}
	})

	t.Run("what another process withdrew or erased counts when a guard is judged", func(t *testing.T) {
		s := open(t)
		other := s.Beside(t)
		_, err := s.Subjects.AddSubject(t.Context(), person(ann, 1))
		must(t, err)
		must(t, s.Sessions.AddSession(t.Context(), sessionOf(ann, 1), refused(ann, noon())))
		must(t, s.Consents.Record(t.Context(), 0, grant(ann, 1), refused(ann, noon())))
		show := func() error {
			_, err := s.Log.Append(t.Context(), audit.NewGuard(guardParts()), released(ann, noon()))
			return err
		}
		must(t, show())
		must(t, other.Consents.Record(t.Context(), 1, consentEvent(consent.Withdrawn, app, 2), refused(ann, noon())))
		if err := show(); !errors.Is(err, audit.ErrConsentChanged) {
			t.Errorf("after the withdrawal: %v", err)
		}
		must(t, erase(t, other, ann))
		if err := show(); !errors.Is(err, audit.ErrSessionEnded) {
			t.Errorf("after the erasure: %v", err)
		}
	})

	t.Run("what another process writes is noticed before a later act is answered, and one's own writes are not foreign", func(t *testing.T) {
		s := open(t)
		other := s.Beside(t)
		noticed := make(chan struct{}, 100)
		s.OnForeignWrite(func(citizen.Ref) { noticed <- struct{}{} })
		must(t, s.Consents.Record(t.Context(), 0, grant(bob, 1), refused(bob, noon())))
		if len(noticed) > 0 {
			t.Error("its own write counted as foreign")
		}
		must(t, other.Consents.Record(t.Context(), 0, grant(ann, 1), refused(ann, noon())))
		must(t, s.Consents.Record(t.Context(), 1, grant(bob, 2), refused(bob, noon())))
		if len(noticed) == 0 {
			t.Error("it was not noticed")
		}
	})

	t.Run("and is noticed while there is nothing to write", func(t *testing.T) {
		s := open(t)
		other := s.Beside(t)
		noticed := make(chan struct{}, 100)
		s.OnForeignWrite(func(citizen.Ref) { noticed <- struct{}{} })
		must(t, other.Consents.Record(t.Context(), 0, grant(ann, 1), refused(ann, noon())))
		select {
		case <-noticed:
		case <-time.After(10 * time.Second):
			t.Error("it was not noticed")
		}
	})
}
