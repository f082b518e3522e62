package storetest

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/keys"
)

func testRingKeys(t *testing.T, open opener) {
	t.Run("the check of a key is noted once and stays, also after a restart", func(t *testing.T) {
		s := open(t)
		first := []keys.Check{{KeyID: "k1", Value: hashOf(1)}, {KeyID: "k2", Value: hashOf(2)}}
		must(t, s.Subjects.AddRingChecks(t.Context(), first))
		must(t, s.Subjects.AddRingChecks(t.Context(), []keys.Check{{KeyID: "k1", Value: hashOf(9)}}))
		got, err := s.Reopen(t).Subjects.RingChecks(t.Context())
		must(t, err)
		if diff := cmp.Diff(first, got); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("keys in use are those of rows, and subjects under other keys are found in pages", func(t *testing.T) {
		s := open(t)
		for i, ref := range []citizen.Ref{ann, bob} {
			_, err := s.Subjects.AddSubject(t.Context(), person(ref, i+1))
			must(t, err)
		}
		inUse, err := s.Subjects.KeysInUse(t.Context())
		must(t, err)
		if !slices.Equal(inUse, []string{"k1"}) {
			t.Errorf("%v", inUse)
		}
		var found []citizen.Ref
		for after := citizen.Ref(""); ; {
			page, err := s.Subjects.SubjectsUnderOtherKeys(t.Context(), "k2", after, 1)
			must(t, err)
			if len(page) == 0 {
				break
			}
			after = page[0].Ref
			found = append(found, after)
		}
		slices.Sort(found)
		want := []citizen.Ref{ann, bob}
		slices.Sort(want)
		if !slices.Equal(found, want) {
			t.Errorf("found %v", found)
		}
		if none, err := s.Subjects.SubjectsUnderOtherKeys(t.Context(), "k1", "", 9); err != nil || len(none) > 0 {
			t.Errorf("%v, %v", none, err)
		}
	})
}
