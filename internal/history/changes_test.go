package history_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/patient-care-aggregator/aggregator/internal/history"
	"github.com/patient-care-aggregator/aggregator/internal/referral"
)

func TestChanges(t *testing.T) {
	t.Run("lists what happened, oldest first, with the stages before and after", func(t *testing.T) {
		b := newBench(t)
		start := day(100).UTC()
		b.observe(t, 0, facts(heart, referral.StateNotBooked))
		b.observe(t, 1, facts(heart, referral.StateBooked, at(start)))
		b.observe(t, 2)
		got, err := b.Changes(t.Context(), ann, app, history.Query{Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		notBooked := referral.Stage{State: referral.StateNotBooked, Phase: referral.PhaseReferred}
		booked := referral.Stage{State: referral.StateBooked, Phase: referral.PhaseBooked}
		want := []referral.Change{
			{ReferralID: heart, Kind: referral.ChangeState, At: day(1), From: notBooked, To: booked, Start: &start},
			{ReferralID: heart, Kind: referral.ChangeGone, At: day(2), From: booked},
		}
		for i := range got {
			got[i].ID = ""
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("since skips what was seen before", func(t *testing.T) {
		b := newBench(t)
		b.observe(t, 0)
		b.observe(t, 1, facts(heart, referral.StateNotBooked))
		b.observe(t, 2, facts(heart, referral.StateRejected))
		for since, want := range map[time.Time]int{{}: 2, day(1): 2, day(1).Add(1): 1, day(3): 0} {
			got, err := b.Changes(t.Context(), ann, app, history.Query{Since: since, Limit: 10})
			if err != nil || len(got) != want {
				t.Errorf("since %v: %d changes, %v", since, len(got), err)
			}
		}
	})
	t.Run("are refused without consent", func(t *testing.T) {
		b := newBench(t)
		if _, err := b.Changes(t.Context(), ann, "another-app", history.Query{Limit: 10}); !errors.Is(err, history.ErrNotAllowed) {
			t.Error(err)
		}
	})
	t.Run("changes of more than two years ago are no longer listed, even before RemoveExpired ran", func(t *testing.T) {
		b := newBench(t)
		b.observe(t, 0)
		b.observe(t, 1, facts(heart, referral.StateNotBooked))
		b.clock.Set(day(200))
		if got, err := b.Changes(t.Context(), ann, app, history.Query{Limit: 10}); err != nil || len(got) != 0 {
			t.Errorf("%v, %v", got, err)
		}
	})
	t.Run("a cursor is read back as it was written, and nothing else is one", func(t *testing.T) {
		c := history.After(referral.Change{ID: "abc_-9", At: noon()})
		if got, err := history.ParseCursor(c.String()); err != nil || got != c {
			t.Errorf("%v, %v", got, err)
		}
		for _, text := range []string{".", "x", "1", "1..", "+1.a", "01.a", "zzzzzzzzzzzzzzzz.a", "!.a", string(make([]byte, 1000))} {
			if got, err := history.ParseCursor(text); err == nil && got.String() != text {
				t.Errorf("%q became %q", text, got)
			}
		}
	})
}

func FuzzParseCursor(f *testing.F) {
	for _, seed := range []string{"", "1.a", "dq1xkx1tc3r4.abc_-9", ".", "-1.x", "zz.\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := history.ParseCursor(text)
		if (err == nil) != (c.String() == text) {
			t.Errorf("%q became %q, %v", text, c.String(), err)
		}
	})
}
