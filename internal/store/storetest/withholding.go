package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
)

func step(k audit.Kind) audit.Entry {
	return audit.Entry{Kind: k, At: noon(), Actor: "staff:ada", Outcome: audit.Succeeded, Act: "one"}
}

func testWithholding(t *testing.T, open opener) {
	until := noon().Add(time.Hour)
	withhold := func(t *testing.T, s Stores, seq int64, until time.Time) error {
		t.Helper()
		return s.Log.Withhold(t.Context(), audit.Withholding{Seq: seq, Until: until}, step(audit.Withheld))
	}

	t.Run("an entry and the entry about that are withheld until the time, in the citizen's list", func(t *testing.T) {
		s := open(t)
		known(t, s, ann)
		for range 2 {
			_, err := s.Log.Append(t.Context(), audit.Guard{}, refused(ann, noon()))
			must(t, err)
		}
		must(t, withhold(t, s, 0, until))
		s = s.Reopen(t)
		for at, want := range map[time.Time]map[int64]time.Time{
			noon():                      {0: until.UTC(), 2: until.UTC()},
			until.Add(-time.Nanosecond): {0: until.UTC(), 2: until.UTC()},
			until:                       {},
		} {
			if got, err := s.Log.Withheld(t.Context(), at); err != nil || !cmp.Equal(want, got) {
				t.Errorf("at %v: %v, %v", at, got, err)
			}
		}
		found, err := s.Log.Find(t.Context(), audit.Filter{List: listOf(t, s, ann), Kinds: []audit.Kind{audit.Withheld}}, 0, 10)
		if err != nil || len(found) != 1 || found[0].Seq != 2 || found[0].Opening.Number != 3 {
			t.Errorf("%+v, %v", found, err)
		}
		must(t, withhold(t, s, 0, until.Add(-time.Minute))) // never shorter
		if got, err := s.Log.Withheld(t.Context(), until.Add(-time.Second)); err != nil || len(got) != 2 {
			t.Errorf("%v, %v", got, err)
		}
		_, err = audit.Verify(t.Context(), s.Log)
		must(t, err)
	})

	t.Run("what is nobody's, is not there, or was somebody's who is erased, is not withheld", func(t *testing.T) {
		s := open(t)
		known(t, s, ann)
		for _, who := range []audit.Entry{refused("", noon()), refused(ann, noon())} {
			_, err := s.Log.Append(t.Context(), audit.Guard{}, who)
			must(t, err)
		}
		must(t, erase(t, s, ann))
		size, err := s.Log.Size(t.Context())
		must(t, err)
		for _, seq := range []int64{0, 1, 99, -1} {
			if err := withhold(t, s, seq, until); !errors.Is(err, audit.ErrNotWithheld) {
				t.Errorf("entry %d: %v", seq, err)
			}
		}
		if got, err := s.Log.Withheld(t.Context(), noon()); err != nil || len(got) != 0 {
			t.Errorf("%v, %v", got, err)
		}
		if now, err := s.Log.Size(t.Context()); err != nil || now != size {
			t.Errorf("%d entries instead of %d, %v", now, size, err)
		}
	})
}
