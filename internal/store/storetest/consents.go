package storetest

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/consent"
)

func testConsents(t *testing.T, open opener) {
	t.Run("an event reads back as it was, with the digest that the log has, also after a restart", func(t *testing.T) {
		s := open(t)
		withdrawn := consent.Event{Seq: 2, ID: "consent-1", Kind: consent.Withdrawn, Citizen: ann, Client: app, Channel: "app", At: noon()}
		want := []consent.Event{grant(ann, 1), withdrawn}
		for _, e := range want {
			a := refused(ann, noon())
			a.Digest = e.Digest()
			must(t, s.Consents.Record(t.Context(), e.Seq-1, e, a))
		}
		s = s.Reopen(t)
		got, err := s.Consents.Events(t.Context(), ann)
		must(t, err)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		for i, e := range entries(t, s.Log) {
			if e.Digest != got[i].Digest() {
				t.Errorf("event %d does not agree with the log", i+1)
			}
		}
	})

	t.Run("a citizen without events has none", func(t *testing.T) {
		s := open(t)
		must(t, s.Consents.Record(t.Context(), 0, grant(bob, 1), refused(bob, noon())))
		got, err := s.Consents.Events(t.Context(), ann)
		if err != nil || len(got) != 0 {
			t.Errorf("%v, %v", got, err)
		}
	})

	t.Run("an event behind the times is refused and leaves no entry", func(t *testing.T) {
		s := open(t)
		must(t, s.Consents.Record(t.Context(), 0, grant(ann, 1), refused(ann, noon())))
		for _, last := range []int64{0, 2} {
			if err := s.Consents.Record(t.Context(), last, grant(ann, last+1), refused(ann, noon())); !errors.Is(err, consent.ErrConflict) {
				t.Errorf("after %d: %v", last, err)
			}
		}
		if n := len(entries(t, s.Log)); n != 1 {
			t.Errorf("%d entries", n)
		}
	})

	t.Run("an event whose entry is refused leaves no event", func(t *testing.T) {
		s := open(t)
		if err := s.Consents.Record(t.Context(), 0, grant(ann, 1), invalid()); !errors.Is(err, audit.ErrInvalidEntry) {
			t.Errorf("error %v", err)
		}
		if got, _ := s.Consents.Events(t.Context(), ann); len(got) != 0 {
			t.Errorf("%v", got)
		}
	})

	t.Run("of many acts on one state exactly one is recorded", func(t *testing.T) {
		s := open(t)
		won, errs := race(30, func(int) error {
			return s.Consents.Record(t.Context(), 0, grant(ann, 1), refused(ann, noon()))
		})
		if won != 1 {
			t.Fatalf("%d won", won)
		}
		for _, err := range errs {
			if !errors.Is(err, consent.ErrConflict) {
				t.Error(err)
			}
		}
		if n := len(entries(t, s.Log)); n != 1 {
			t.Errorf("%d entries", n)
		}
	})

	t.Run("an event whose place is not the next one is refused", func(t *testing.T) {
		s := open(t)
		for _, seq := range []int64{0, 2} {
			if err := s.Consents.Record(t.Context(), 0, grant(ann, seq), refused(ann, noon())); !errors.Is(err, consent.ErrConflict) {
				t.Errorf("place %d: %v", seq, err)
			}
		}
	})

	t.Run("those who have events are listed once each, in pages, erased ones too", func(t *testing.T) {
		s := open(t)
		want := []citizen.Ref{"A", "B", "C", "D", "E"}
		for i, ref := range want {
			_, err := s.Subjects.AddSubject(t.Context(), person(ref, i))
			must(t, err)
			must(t, s.Consents.Record(t.Context(), 0, grant(ref, 1), refused(ref, noon())))
			must(t, s.Consents.Record(t.Context(), 1, grant(ref, 2), refused(ref, noon())))
		}
		must(t, erase(t, s, "C"))
		var got []citizen.Ref
		for after := citizen.Ref(""); ; {
			page, err := s.Consents.Citizens(t.Context(), after, 2)
			must(t, err)
			if len(page) == 0 {
				break
			}
			got = append(got, page...)
			after = page[len(page)-1]
		}
		if !slices.Equal(got, want) {
			t.Errorf("%v", got)
		}
	})
}
