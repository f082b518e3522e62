package history_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/patient-care-aggregator/aggregator/internal/history"
	"github.com/patient-care-aggregator/aggregator/internal/referral"
)

func TestCompare(t *testing.T) {
	reviewed := facts(heart, referral.StateAwaitingTriage, dueBy(20))

	t.Run("what the first complete reading shows is kept and is not a change", func(t *testing.T) {
		h := after(t, whole(day(0), reviewed))
		if got := stages(h, heart); !slices.Equal(got, []string{referral.StateAwaitingTriage}) || len(changes(h)) != 0 {
			t.Errorf("%v, changes %v", got, changes(h))
		}
		if !h.Begun.Equal(day(0)) {
			t.Errorf("begun %v", h.Begun)
		}
	})
	t.Run("a referral after that is a change, even when the first list was empty", func(t *testing.T) {
		h := after(t, whole(day(0)), whole(day(1), reviewed))
		if diff := cmp.Diff([]string{"hear new_referral"}, changes(h)); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("until a complete reading was added nothing is a change", func(t *testing.T) {
		h := after(t, partly(day(0)), partly(day(1), reviewed), whole(day(2), reviewed, facts(eyes, referral.StateNotBooked)))
		if len(changes(h)) != 0 {
			t.Errorf("changes %v", changes(h))
		}
	})
	t.Run("an unchanged reading changes nothing", func(t *testing.T) {
		h := after(t, whole(day(0), reviewed))
		o := history.Compare(h, whole(day(3), reviewed), small(), day(3))
		if o.Changed || !cmp.Equal(o.Next, h) {
			t.Errorf("%+v", o)
		}
	})
	t.Run("but is written once in a while, so that retention counts from a time that is nearly true", func(t *testing.T) {
		h := after(t, whole(day(0), reviewed))
		o := history.Compare(h, whole(day(10), reviewed), small(), day(10))
		if !o.Changed || !o.Next.Observations[0].Confirmed.Equal(day(10)) || !o.Next.Observations[0].FirstSeen.Equal(day(0)) {
			t.Errorf("%+v", o)
		}
	})
	t.Run("a new state is kept with the one before, and since counts from it", func(t *testing.T) {
		h := after(t, whole(day(0), reviewed), whole(day(5), facts(heart, referral.StateReviewed)))
		if got := stages(h, heart); !slices.Equal(got, []string{referral.StateAwaitingTriage, referral.StateReviewed}) {
			t.Error(got)
		}
		if _, first := since(h, heart); !first.Equal(day(5)) {
			t.Errorf("since %v", first)
		}
		if diff := cmp.Diff([]string{"hear state_changed"}, changes(h)); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("a new version only is kept, and is neither a change nor a new since", func(t *testing.T) {
		h := after(t, whole(day(0), reviewed), whole(day(5), facts(heart, referral.StateAwaitingTriage, dueBy(20), version("2"))))
		if len(h.Observations) != 2 || len(changes(h)) != 0 {
			t.Errorf("%d observations, changes %v", len(h.Observations), changes(h))
		}
		if _, first := since(h, heart); !first.Equal(day(0)) {
			t.Errorf("since %v", first)
		}
	})
	t.Run("an unknown code is kept only as UNKNOWN", func(t *testing.T) {
		h := after(t, whole(day(0), facts(heart, "SENT_TO_SOMEWHERE_TELLING")))
		if got := stages(h, heart); !slices.Equal(got, []string{referral.StateUnknown}) {
			t.Error(got)
		}
	})
	t.Run("an impossible step is counted and kept like any other", func(t *testing.T) {
		h := after(t, whole(day(0), facts(heart, referral.StateNotBooked)))
		o := history.Compare(h, whole(day(1), facts(heart, referral.StateSentBack)), small(), day(1))
		if o.Impossible != 1 || len(stages(o.Next, heart)) != 2 || !slices.Equal(changes(o.Next), []string{"hear state_changed"}) {
			t.Errorf("impossible %d, %v, changes %v", o.Impossible, stages(o.Next, heart), changes(o.Next))
		}
		if again := history.Compare(o.Next, whole(day(1), facts(heart, referral.StateSentBack)), small(), day(1)); again.Impossible != 0 {
			t.Error("it was counted twice")
		}
	})
}

func TestNews(t *testing.T) {
	summer, autumn := day(150).UTC(), day(200).UTC()
	for name, tt := range map[string]struct {
		readings []history.Reading
		want     []string
	}{
		"booking a date": {
			[]history.Reading{whole(day(0), facts(heart, referral.StateNotBooked)), whole(day(1), facts(heart, referral.StateBooked, at(summer)))},
			[]string{"hear state_changed"},
		},
		"a date for a booking without one": {
			[]history.Reading{whole(day(0), facts(heart, referral.StateBooked, undated)), whole(day(1), facts(heart, referral.StateBooked, at(summer)))},
			[]string{"hear state_changed"},
		},
		"another date": {
			[]history.Reading{whole(day(0), facts(heart, referral.StateBooked, at(summer))), whole(day(1), facts(heart, referral.StateBooked, at(autumn)))},
			[]string{"hear appointment_changed"},
		},
		"a date that could not be seen for a while": {
			[]history.Reading{
				whole(day(0), facts(heart, referral.StateBooked, at(summer))), whole(day(1), facts(heart, referral.StateBooked)),
				whole(day(2), facts(heart, referral.StateBooked, at(summer))),
			}, nil,
		},
		"a cancellation, once": {
			[]history.Reading{
				whole(day(0), facts(heart, referral.StateBooked, at(summer))), whole(day(1), facts(heart, referral.StateCancelledToRearrange, at(summer))),
				whole(day(2), facts(heart, referral.StateCancelledToRearrange)),
			},
			[]string{"hear appointment_cancelled"},
		},
		"another day for a review": {
			[]history.Reading{whole(day(0), facts(heart, referral.StateAwaitingTriage, dueBy(9))), whole(day(1), facts(heart, referral.StateAwaitingTriage, dueBy(19)))},
			[]string{"hear review_changed"},
		},
		"a referral that is no longer there, and is there again": {
			[]history.Reading{whole(day(0), facts(heart, referral.StateNotBooked)), whole(day(1)), whole(day(2)), whole(day(3), facts(heart, referral.StateNotBooked))},
			[]string{"hear gone", "hear new_referral"},
		},
		"two referrals in one reading": {
			[]history.Reading{
				whole(day(0), facts(heart, referral.StateNotBooked), facts(eyes, referral.StateAwaitingTriage)),
				whole(day(1), facts(eyes, referral.StateRejected), facts(heart, referral.StateBooked, at(summer))),
			},
			[]string{"eyes state_changed", "hear state_changed"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, changes(after(t, tt.readings...))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAnIncompleteReadingMakesNothingDisappear(t *testing.T) {
	summer := day(150).UTC()
	h := after(t, whole(day(0), facts(heart, referral.StateBooked, undated, dueBy(9)), facts(eyes, referral.StateBooked, at(summer))))
	t.Run("no referral", func(t *testing.T) {
		o := history.Compare(h, partly(day(1)), small(), day(1))
		if o.Changed || len(changes(o.Next)) != 0 {
			t.Errorf("%+v", o)
		}
	})
	t.Run("no part of one that it does show", func(t *testing.T) {
		bare := []referral.Facts{facts(heart, referral.StateBooked), facts(eyes, referral.StateBooked)}
		if o := history.Compare(h, partly(day(1), bare...), small(), day(1)); o.Changed {
			t.Errorf("%+v", o.Next)
		}
	})
	t.Run("but what it does show counts", func(t *testing.T) {
		o := history.Compare(h, partly(day(1), facts(heart, referral.StateCancelledByProvider)), small(), day(1))
		if !slices.Equal(changes(o.Next), []string{"hear appointment_cancelled"}) {
			t.Errorf("changes %v", changes(o.Next))
		}
	})
}

func TestTime(t *testing.T) {
	first := whole(day(0), facts(heart, referral.StateAwaitingTriage))
	second := whole(day(5), facts(heart, referral.StateReviewed))

	t.Run("a reading that was overtaken changes nothing", func(t *testing.T) {
		h := after(t, first, second)
		o := history.Compare(h, whole(day(5).Add(-time.Second), facts(heart, referral.StateAwaitingTriage)), small(), day(6))
		if o.Changed {
			t.Errorf("%v", stages(o.Next, heart))
		}
	})
	t.Run("another reading of the very same instant counts, and its changes come after the first", func(t *testing.T) {
		h := after(t, first, second, whole(day(5), facts(heart, referral.StateNotBooked)), whole(day(5), facts(heart, referral.StateBooked, undated)))
		if got := stages(h, heart); len(got) != 4 {
			t.Fatal(got)
		}
		for i := 1; i < len(h.Observations); i++ {
			if !h.Observations[i].FirstSeen.After(h.Observations[i-1].FirstSeen) {
				t.Errorf("observation %d is not after the one before", i+1)
			}
		}
		if o := history.Compare(h, whole(day(5), facts(heart, referral.StateBooked, undated)), small(), day(5)); o.Changed {
			t.Error("while the clock stood still the same reading counted twice")
		}
	})
	t.Run("after the clock went back readings still count, and nothing is dated ahead", func(t *testing.T) {
		h := after(t, whole(day(400), facts(heart, referral.StateAwaitingTriage)), whole(day(401), facts(heart, referral.StateReviewed)))
		o := history.Compare(h, whole(day(1), facts(heart, referral.StateBooked, undated)), small(), day(1))
		want := []string{referral.StateAwaitingTriage, referral.StateReviewed, referral.StateBooked}
		if got := stages(o.Next, heart); !o.Changed || !slices.Equal(got, want) {
			t.Fatalf("%v", got)
		}
		for i, seen := range o.Next.Observations {
			if seen.FirstSeen.After(day(1).Add(time.Second)) || i > 0 && !seen.FirstSeen.After(o.Next.Observations[i-1].FirstSeen) {
				t.Errorf("observation %d is dated %v", i+1, seen.FirstSeen)
			}
		}
		if again := history.Compare(o.Next, whole(day(1), facts(heart, referral.StateBooked, undated)), small(), day(1)); again.Changed {
			t.Error("the correction does not settle")
		}
	})
	t.Run("a reading dated later than now is treated as one made now", func(t *testing.T) {
		h := history.Compare(history.History{}, whole(day(9), facts(heart, referral.StateNotBooked)), small(), day(1)).Next
		if !h.Read.Equal(day(1)) || !h.Observations[0].FirstSeen.Equal(day(1)) {
			t.Errorf("%+v", h)
		}
	})
}

func TestBounds(t *testing.T) {
	t.Run("the oldest observations go first, and the first of the present stage stays", func(t *testing.T) {
		readings := []history.Reading{
			whole(day(0), facts(heart, referral.StateNotBooked)),
			whole(day(1), facts(heart, referral.StateAwaitingTriage, version("2"))),
		}
		for n := range 9 {
			readings = append(readings, whole(day(2+n), facts(heart, referral.StateAwaitingTriage, version(string(rune('a'+n))))))
		}
		h := after(t, readings...)
		if len(h.Observations) != small().Observations {
			t.Errorf("%d observations", len(h.Observations))
		}
		if stage, first := since(h, heart); stage.State != referral.StateAwaitingTriage || !first.Equal(day(1)) {
			t.Errorf("%v since %v", stage, first)
		}
		if got := h.Observations[len(h.Observations)-1].Number; got != 11 {
			t.Errorf("the last is number %d", got)
		}
	})
	t.Run("referrals of the reading stay before those that were in the list before", func(t *testing.T) {
		var old, fresh []referral.Facts
		for i := range 4 {
			old = append(old, facts("old"+string(rune('A'+i)), referral.StateNotBooked))
			fresh = append(fresh, facts("new"+string(rune('A'+i)), referral.StateNotBooked))
		}
		h := after(t, whole(day(0), old...), partly(day(1), fresh[:3]...))
		got := h.Observed()
		if len(got) != 4 || got[3].ReferralID[:3] != "old" {
			t.Errorf("%v", got)
		}
	})
	t.Run("more referrals than are kept do not push one another out at each reading", func(t *testing.T) {
		var many []referral.Facts
		for i := range 9 {
			many = append(many, facts("referral"+string(rune('A'+i)), referral.StateNotBooked))
		}
		h := after(t, whole(day(0), many[3:]...))
		if o := history.Compare(h, whole(day(1), many...), small(), day(1)); o.Changed || len(o.Next.Observations) != 4 {
			t.Errorf("%d observations, changed %t", len(o.Next.Observations), o.Changed)
		}
	})
	t.Run("what was last true longer ago than the retention goes", func(t *testing.T) {
		var readings []history.Reading
		readings = append(readings, whole(day(0), facts(heart, referral.StateNotBooked), facts(eyes, referral.StateNotBooked)),
			whole(day(1), facts(heart, referral.StateAwaitingTriage)))
		for n := 2; n <= 120; n += 2 {
			readings = append(readings, whole(day(n), facts(heart, referral.StateAwaitingTriage)))
		}
		h := after(t, readings...)
		if got := stages(h, heart); !slices.Equal(got, []string{referral.StateAwaitingTriage}) {
			t.Errorf("heart %v", got)
		}
		if got := stages(h, eyes); len(got) != 0 {
			t.Errorf("eyes %v", got)
		}
		if _, first := since(h, heart); !first.Equal(day(1)) {
			t.Errorf("since %v: retention moved it", first)
		}
	})
	t.Run("after an absence longer than the retention the history starts again, and nothing is a change", func(t *testing.T) {
		h := after(t, whole(day(0), facts(heart, referral.StateNotBooked)), whole(day(101), facts(eyes, referral.StateNotBooked)))
		if len(changes(h)) != 0 || len(h.Observations) != 1 || !h.Begun.Equal(day(101)) {
			t.Errorf("%+v", h)
		}
	})
}
