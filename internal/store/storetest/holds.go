package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
)

// holdOn is a hold on a citizen, or with an empty ref on everything.
func holdOn(ref citizen.Ref, id string) audit.Hold {
	return audit.Hold{ID: id, Citizen: ref, Reason: "inquest", PlacedAt: noon()}
}

func holdEntry(kind audit.Kind, ref citizen.Ref) audit.Entry {
	return audit.Entry{Kind: kind, At: noon(), Citizen: ref, Actor: audit.ActorOperator, Outcome: audit.Succeeded, Purpose: "retention"}
}

func place(t *testing.T, s Stores, h audit.Hold) {
	t.Helper()
	must(t, s.Log.PlaceHold(t.Context(), h, holdEntry(audit.HoldPlaced, h.Citizen)))
}

func lift(t *testing.T, s Stores, h audit.Hold) {
	t.Helper()
	must(t, s.Log.LiftHold(t.Context(), h.ID, "over", noon(), holdEntry(audit.HoldLifted, h.Citizen)))
}

func testHolds(t *testing.T, open opener) {
	t.Run("all holds read back, lifted ones too, oldest first, with their entries, also after a restart", func(t *testing.T) {
		s := open(t)
		first, second := holdOn(ann, "hold-2"), holdOn("", "hold-1")
		second.PlacedAt = noon().Add(time.Minute)
		place(t, s, second)
		place(t, s, first)
		lifted := noon().Add(time.Hour)
		must(t, s.Log.LiftHold(t.Context(), first.ID, "the inquest is over", lifted, holdEntry(audit.HoldLifted, ann)))
		s = s.Reopen(t)
		got, err := s.Log.Holds(t.Context())
		must(t, err)
		first.LiftedAt, first.LiftReason = &lifted, "the inquest is over"
		if diff := cmp.Diff([]audit.Hold{first, second}, got); diff != "" {
			t.Error(diff)
		}
		all := entries(t, s.Log)
		if len(all) != 3 || all[0].Kind != audit.HoldPlaced || all[2].Kind != audit.HoldLifted {
			t.Errorf("entries %+v", all)
		}
	})

	t.Run("a hold whose entry is refused is neither placed nor lifted", func(t *testing.T) {
		s := open(t)
		if err := s.Log.PlaceHold(t.Context(), holdOn(ann, "hold-1"), invalid()); !errors.Is(err, audit.ErrInvalidEntry) {
			t.Errorf("placed: %v", err)
		}
		if got, err := s.Log.Holds(t.Context()); err != nil || len(got) != 0 {
			t.Errorf("%+v, %v", got, err)
		}
		place(t, s, holdOn(ann, "hold-1"))
		if err := s.Log.LiftHold(t.Context(), "hold-1", "over", noon(), invalid()); !errors.Is(err, audit.ErrInvalidEntry) {
			t.Errorf("lifted: %v", err)
		}
		if got, err := s.Log.Holds(t.Context()); err != nil || len(got) != 1 || got[0].LiftedAt != nil {
			t.Errorf("%+v, %v", got, err)
		}
	})

	t.Run("lifting what is not in force gives ErrNoHold and no entry", func(t *testing.T) {
		s := open(t)
		place(t, s, holdOn(ann, "hold-1"))
		lift(t, s, holdOn(ann, "hold-1"))
		for _, id := range []string{"hold-1", "hold-2", "\x00", "\xff"} {
			if err := s.Log.LiftHold(t.Context(), id, "over", noon(), holdEntry(audit.HoldLifted, ann)); !errors.Is(err, audit.ErrNoHold) {
				t.Errorf("%s: %v", id, err)
			}
		}
		if n := len(entries(t, s.Log)); n != 2 {
			t.Errorf("%d entries", n)
		}
	})

	for name, h := range map[string]audit.Hold{"the citizen": holdOn(ann, "hold-1"), "everything": holdOn("", "hold-1")} {
		t.Run("while a hold is on "+name+" a citizen is not erased, and afterwards is", func(t *testing.T) {
			s := open(t)
			_, err := s.Subjects.AddSubject(t.Context(), person(ann, 1))
			must(t, err)
			must(t, s.Sessions.AddSession(t.Context(), sessionOf(ann, 1), refused(ann, noon())))
			place(t, s, h)
			if err := erase(t, s, ann); !errors.Is(err, audit.ErrHeld) {
				t.Errorf("erased under hold: %v", err)
			}
			if _, err := s.Subjects.Subject(t.Context(), ann); err != nil {
				t.Errorf("the subject: %v", err)
			}
			if _, err := s.Sessions.Session(t.Context(), hashOf(1)); err != nil {
				t.Errorf("the session: %v", err)
			}
			lift(t, s, h)
			must(t, erase(t, s, ann))
			if _, err := s.Subjects.Subject(t.Context(), ann); !errors.Is(err, citizen.ErrNoSubject) {
				t.Errorf("after the hold: %v", err)
			}
		})
	}

	t.Run("a hold on one citizen keeps nobody else", func(t *testing.T) {
		s := open(t)
		_, err := s.Subjects.AddSubject(t.Context(), person(bob, 1))
		must(t, err)
		place(t, s, holdOn(ann, "hold-1"))
		must(t, erase(t, s, bob))
	})
}
