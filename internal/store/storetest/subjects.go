package storetest

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/session"
)

func testSubjects(t *testing.T, open opener) {
	t.Run("a subject is found by any of its look-ups and by its pseudonym, also after a restart", func(t *testing.T) {
		s := open(t)
		want := person(ann, 1)
		got, err := s.Subjects.AddSubject(t.Context(), want)
		must(t, err)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		s = s.Reopen(t)
		other := citizen.Lookup{KeyID: "k2", MAC: hashOf(99)}
		found, err := s.Subjects.FindSubject(t.Context(), []citizen.Lookup{other, want.Lookup})
		must(t, err)
		byRef, err := s.Subjects.Subject(t.Context(), ann)
		must(t, err)
		if diff := cmp.Diff(want, found) + cmp.Diff(want, byRef); diff != "" {
			t.Error(diff)
		}
	})

	t.Run("an unknown one gives ErrNoSubject, and so does a look-up under another key", func(t *testing.T) {
		s := open(t)
		_, err := s.Subjects.AddSubject(t.Context(), person(ann, 1))
		must(t, err)
		for _, lookups := range [][]citizen.Lookup{nil, {{KeyID: "k1", MAC: hashOf(2)}}, {{KeyID: "k2", MAC: hashOf(1)}}} {
			if _, err := s.Subjects.FindSubject(t.Context(), lookups); !errors.Is(err, citizen.ErrNoSubject) {
				t.Errorf("%v: %v", lookups, err)
			}
		}
		if _, err := s.Subjects.Subject(t.Context(), bob); !errors.Is(err, citizen.ErrNoSubject) {
			t.Error(err)
		}
		if err := s.Subjects.ReplaceSubject(t.Context(), person(bob, 2)); !errors.Is(err, citizen.ErrNoSubject) {
			t.Error(err)
		}
	})

	t.Run("of many first sign-ins at once one pseudonym comes out", func(t *testing.T) {
		s := open(t)
		refs := make([]citizen.Ref, 20)
		won, errs := race(len(refs), func(i int) error {
			got, err := s.Subjects.AddSubject(t.Context(), person(citizen.Ref(rune('A'+i)), 1))
			refs[i] = got.Ref
			return err
		})
		if won != len(refs) {
			t.Fatal(errs)
		}
		for _, r := range refs {
			if r != refs[0] {
				t.Fatalf("pseudonyms %v", refs)
			}
		}
	})

	t.Run("a replaced look-up finds the same pseudonym and the old one nobody", func(t *testing.T) {
		s := open(t)
		old := person(ann, 1)
		_, err := s.Subjects.AddSubject(t.Context(), old)
		must(t, err)
		want := old
		want.Lookup, want.Sealed = citizen.Lookup{KeyID: "k2", MAC: hashOf(2)}, []byte("sealed again")
		must(t, s.Subjects.ReplaceSubject(t.Context(), want))
		got, err := s.Subjects.FindSubject(t.Context(), []citizen.Lookup{want.Lookup})
		must(t, err)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if _, err := s.Subjects.FindSubject(t.Context(), []citizen.Lookup{old.Lookup}); !errors.Is(err, citizen.ErrNoSubject) {
			t.Error(err)
		}
	})

	t.Run("erasing removes the subject and its sessions, and leaves the log and the consents whole", func(t *testing.T) {
		s := open(t)
		for i, ref := range []citizen.Ref{ann, bob} {
			_, err := s.Subjects.AddSubject(t.Context(), person(ref, i))
			must(t, err)
			must(t, s.Sessions.AddSession(t.Context(), sessionOf(ref, i), refused(ref, noon())))
		}
		must(t, s.Consents.Record(t.Context(), 0, grant(ann, 1), refused(ann, noon())))
		before := entries(t, s.Log)

		must(t, erase(t, s, ann))
		must(t, erase(t, s, ann)) // again: no error
		if _, err := s.Subjects.Subject(t.Context(), ann); !errors.Is(err, citizen.ErrNoSubject) {
			t.Error(err)
		}
		if _, err := s.Sessions.Session(t.Context(), hashOf(0)); !errors.Is(err, session.ErrNone) {
			t.Error(err)
		}
		if _, err := s.Sessions.Session(t.Context(), hashOf(1)); err != nil {
			t.Errorf("somebody else's session: %v", err)
		}
		after := entries(t, s.Log)
		if diff := cmp.Diff(before, after[:len(before)]); diff != "" || len(after) != len(before)+2 {
			t.Errorf("%d entries: %s", len(after), diff)
		}
		if gone, err := s.Log.Erasures(t.Context(), 0); err != nil || len(gone) != 1 || gone[0] != (audit.Erasure{Seq: 3, Citizen: ann, At: noon()}) {
			t.Errorf("erasures %+v, %v", gone, err)
		}
		if gone, err := s.Log.Erasures(t.Context(), 4); err != nil || len(gone) != 0 {
			t.Errorf("erasures %+v, %v", gone, err)
		}
		if events, err := s.Consents.Events(t.Context(), ann); err != nil || len(events) != 1 {
			t.Errorf("consents %v, %v", events, err)
		}
	})
}
