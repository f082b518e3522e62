package storetest

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/history"
)

func testHistories(t *testing.T, open opener) {
	with := func(t *testing.T, refs ...citizen.Ref) Stores {
		t.Helper()
		s := open(t)
		for i, ref := range refs {
			_, err := s.Subjects.AddSubject(t.Context(), person(ref, i))
			must(t, err)
		}
		return s
	}
	row := func(referral, sealed string) history.Row {
		return history.Row{Referral: referral, KeyID: "k1", Sealed: []byte(sealed)}
	}
	snapshot := func(t *testing.T, s Stores, ref citizen.Ref) history.Snapshot {
		t.Helper()
		got, err := s.Histories.Observations(t.Context(), ref)
		must(t, err)
		return got
	}

	t.Run("a history reads back as it was, in the order of referrals, also after a restart", func(t *testing.T) {
		s := with(t, ann)
		must(t, s.Histories.Record(t.Context(), ann, history.Step{Put: []history.Row{row("b", "two"), row("", "\x00\xff"), row("a", "one")}}))
		s = s.Reopen(t)
		want := history.Snapshot{Revision: 1, Rows: []history.Row{row("", "\x00\xff"), row("a", "one"), row("b", "two")}}
		if diff := cmp.Diff(want, snapshot(t, s, ann)); diff != "" {
			t.Error(diff)
		}
	})

	t.Run("a step replaces, drops and keeps rows as it says, and touches nobody else", func(t *testing.T) {
		s := with(t, ann, bob)
		must(t, s.Histories.Record(t.Context(), ann, history.Step{Put: []history.Row{row("a", "1"), row("b", "1"), row("c", "1")}}))
		must(t, s.Histories.Record(t.Context(), bob, history.Step{Put: []history.Row{row("a", "bob's")}}))
		must(t, s.Histories.Record(t.Context(), ann, history.Step{Expected: 1, Put: []history.Row{row("b", "2"), row("d", "2")}, Drop: []string{"a", "not there"}}))
		want := history.Snapshot{Revision: 2, Rows: []history.Row{row("b", "2"), row("c", "1"), row("d", "2")}}
		if diff := cmp.Diff(want, snapshot(t, s, ann)); diff != "" {
			t.Error(diff)
		}
		if got := snapshot(t, s, bob); got.Revision != 1 || string(got.Rows[0].Sealed) != "bob's" {
			t.Errorf("somebody else's: %+v", got)
		}
	})

	t.Run("a citizen without a history has none, known or not", func(t *testing.T) {
		s := with(t, ann)
		for _, ref := range []citizen.Ref{ann, bob} {
			if got := snapshot(t, s, ref); got.Revision != 0 || len(got.Rows) != 0 {
				t.Errorf("%s: %+v", ref, got)
			}
		}
	})

	t.Run("a step from another revision is refused and writes nothing", func(t *testing.T) {
		s := with(t, ann)
		must(t, s.Histories.Record(t.Context(), ann, history.Step{Put: []history.Row{row("a", "1")}}))
		for _, expected := range []int64{0, 2} {
			step := history.Step{Expected: expected, Put: []history.Row{row("b", "2")}, Drop: []string{"a"}}
			if err := s.Histories.Record(t.Context(), ann, step); !errors.Is(err, history.ErrConflict) {
				t.Errorf("from %d: %v", expected, err)
			}
		}
		if got := snapshot(t, s, ann); got.Revision != 1 || len(got.Rows) != 1 {
			t.Errorf("%+v", got)
		}
	})

	t.Run("of many steps from one revision exactly one is taken", func(t *testing.T) {
		s := with(t, ann)
		won, errs := race(30, func(i int) error {
			return s.Histories.Record(t.Context(), ann, history.Step{Put: []history.Row{row(fmt.Sprint(i), "1")}})
		})
		if won != 1 || len(snapshot(t, s, ann).Rows) != 1 {
			t.Fatalf("%d won, %d rows", won, len(snapshot(t, s, ann).Rows))
		}
		for _, err := range errs {
			if !errors.Is(err, history.ErrConflict) {
				t.Error(err)
			}
		}
	})

	t.Run("what is removed stays removed: no step from before brings it back", func(t *testing.T) {
		s := with(t, ann, bob)
		must(t, s.Histories.Record(t.Context(), ann, history.Step{Put: []history.Row{row("a", "1")}}))
		must(t, s.Histories.Remove(t.Context(), ann))
		must(t, s.Histories.Remove(t.Context(), bob)) // who never had one
		s = s.Reopen(t)
		for ref, before := range map[citizen.Ref]int64{ann: 1, bob: 0} {
			if got := snapshot(t, s, ref); len(got.Rows) != 0 {
				t.Errorf("%s: %d rows", ref, len(got.Rows))
			}
			err := s.Histories.Record(t.Context(), ref, history.Step{Expected: before, Put: []history.Row{row("a", "1")}})
			if !errors.Is(err, history.ErrConflict) {
				t.Errorf("%s: a step from before: %v", ref, err)
			}
			must(t, s.Histories.Record(t.Context(), ref, history.Step{Expected: snapshot(t, s, ref).Revision, Put: []history.Row{row("a", "again")}}))
		}
	})

	t.Run("erasing a citizen takes the history along and lets no step follow", func(t *testing.T) {
		s := with(t, ann, bob)
		for _, ref := range []citizen.Ref{ann, bob} {
			must(t, s.Histories.Record(t.Context(), ref, history.Step{Put: []history.Row{row("a", "1")}}))
		}
		must(t, erase(t, s, ann))
		if got := snapshot(t, s, ann); len(got.Rows) != 0 {
			t.Errorf("%d rows", len(got.Rows))
		}
		for _, expected := range []int64{0, 1} {
			err := s.Histories.Record(t.Context(), ann, history.Step{Expected: expected, Put: []history.Row{row("a", "1")}})
			if !errors.Is(err, citizen.ErrNoSubject) {
				t.Errorf("a step of nobody: %v", err)
			}
		}
		must(t, s.Histories.Remove(t.Context(), ann)) // nothing left: no error
		if len(snapshot(t, s, bob).Rows) != 1 {
			t.Error("somebody else's went too")
		}
	})

	t.Run("those who have rows are listed once each, in pages", func(t *testing.T) {
		refs := []citizen.Ref{"A", "B", "C", "D", "E"}
		s := with(t, append(slices.Clone(refs), "F", "G")...)
		for _, ref := range append(refs, "F") {
			must(t, s.Histories.Record(t.Context(), ref, history.Step{Put: []history.Row{row("", "1"), row("a", "1")}}))
		}
		must(t, s.Histories.Remove(t.Context(), "F")) // and G never had any
		var got []citizen.Ref
		for after := citizen.Ref(""); ; {
			page, err := s.Histories.Citizens(t.Context(), after, 2)
			must(t, err)
			if len(page) == 0 {
				break
			}
			got = append(got, page...)
			after = page[len(page)-1]
		}
		if !slices.Equal(got, refs) {
			t.Errorf("%v", got)
		}
	})
}
