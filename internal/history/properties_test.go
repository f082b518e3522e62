package history_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/patient-care-aggregator/aggregator/internal/history"
	"github.com/patient-care-aggregator/aggregator/internal/referral"
)

// moment is one reading and the clock when it is taken in.
type moment struct {
	reading history.Reading
	now     time.Time
}

// anyFacts are few referrals in few states, so that things repeat and meet.
func anyFacts() *rapid.Generator[referral.Facts] {
	return rapid.Custom(func(t *rapid.T) referral.Facts {
		f := facts(
			rapid.SampledFrom([]string{heart, eyes, "c", "d", "e", "f", "", "odd id/"}).Draw(t, "id"),
			rapid.SampledFrom([]string{
				referral.StateNotBooked, referral.StateBooked, referral.StateBooked, referral.StateAwaitingTriage,
				referral.StateCancelledToRearrange, referral.StateSentBack, "NEW", "",
			}).Draw(t, "state"),
			version(rapid.SampledFrom([]string{"", "1", "2", "\xff"}).Draw(t, "version")),
		)
		switch rapid.IntRange(0, 3).Draw(t, "appointment") {
		case 0:
			undated(&f)
		case 1:
			at(day(rapid.IntRange(-5, 5).Draw(t, "start")))(&f)
		case 2:
			at(time.Unix(rapid.Int64().Draw(t, "far start"), 0))(&f)
		}
		if rapid.Bool().Draw(t, "review") {
			dueBy(rapid.IntRange(-3, 3).Draw(t, "due"))(&f)
		}
		if rapid.Bool().Draw(t, "service") {
			f.Service = &referral.Service{ID: rapid.SampledFrom([]string{"", "s1", "s2", "bad id"}).Draw(t, "service id")}
		}
		return f
	})
}

// anyMoments are readings in the order in which they are taken in: mostly later
// and later, at times overtaken by another, at times under a clock that jumps.
func anyMoments() *rapid.Generator[[]moment] {
	return rapid.Custom(func(t *rapid.T) []moment {
		now := noon()
		var list []moment
		for range rapid.IntRange(1, 25).Draw(t, "readings") {
			now = now.Add(time.Duration(rapid.SampledFrom([]int64{0, 1, 3600, 86400, 20 * 86400, 120 * 86400, -1800, -300 * 86400}).Draw(t, "seconds")) * time.Second)
			m := moment{now: now, reading: history.Reading{
				Facts:    rapid.SliceOfN(anyFacts(), 0, 7).Draw(t, "facts"),
				At:       now.Add(-time.Duration(rapid.SampledFrom([]int64{0, 0, 0, 60, 7200, -60}).Draw(t, "age")) * time.Second),
				Complete: rapid.Bool().Draw(t, "complete"),
			}}
			if len(list) > 0 && rapid.IntRange(0, 3).Draw(t, "repeat") == 0 {
				m.reading.Facts = list[len(list)-1].reading.Facts
			}
			list = append(list, m)
		}
		return list
	})
}

func TestAnySequenceOfReadings(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var h history.History
		for _, m := range anyMoments().Draw(rt, "moments") {
			o := history.Compare(h, m.reading, small(), m.now)
			if !o.Changed && !cmp.Equal(h, o.Next) {
				rt.Fatalf("unchanged, and another: %s", cmp.Diff(h, o.Next))
			}
			checkBounded(rt, o.Next)
			checkOrder(rt, o, m.now)
			checkSince(rt, h, o.Next, m.now)
			checkPresent(rt, h, o, m)
			if again := history.Compare(o.Next, m.reading, small(), m.now); again.Changed {
				rt.Fatalf("the same reading changed it again: %s", cmp.Diff(o.Next, again.Next))
			}
			h = o.Next
		}
	})
}

// checkBounded: never more than the limits say.
func checkBounded(t *rapid.T, h history.History) {
	count := map[string]int{}
	for _, o := range h.Observations {
		count[o.Referral]++
	}
	if len(count) > small().Referrals {
		t.Fatalf("%d referrals are kept", len(count))
	}
	for id, n := range count {
		if n > small().Observations {
			t.Fatalf("%d observations of %s are kept", n, id)
		}
	}
}

// checkOrder: observations are in order, and once a reading was taken in none is
// dated ahead.
func checkOrder(t *rapid.T, outcome history.Outcome, now time.Time) {
	all := outcome.Next.Observations
	for i, o := range all {
		if outcome.Changed && o.FirstSeen.After(now.Add(2*time.Second)) {
			t.Fatalf("observation %d of %s is dated %v, ahead of %v", o.Number, o.Referral, o.FirstSeen, now)
		}
		if i == 0 || all[i-1].Referral != o.Referral {
			continue
		}
		before := all[i-1]
		if o.Number <= before.Number || !o.FirstSeen.After(before.FirstSeen) {
			t.Fatalf("observation %d of %s comes after %d", o.Number, o.Referral, before.Number)
		}
		if o.Confirmed.Before(o.FirstSeen) {
			t.Fatalf("observation %d of %s was made from %v to %v", o.Number, o.Referral, o.FirstSeen, o.Confirmed)
		}
	}
}

// checkSince: while a referral stays at a stage, since never moves forward, whatever
// is dropped to keep the limits and whatever the clock does. What was not seen for longer than the
// retention is forgotten as a whole.
func checkSince(t *rapid.T, before, after history.History, now time.Time) {
	for i, o := range before.Observations {
		last := i+1 == len(before.Observations) || before.Observations[i+1].Referral != o.Referral
		if !last || now.Sub(o.Confirmed) > small().Retention {
			continue
		}
		was, first := since(before, o.Referral)
		is, now := since(after, o.Referral)
		if is == was && now.After(first) {
			t.Fatalf("%s at %v: since moved from %v to %v", o.Referral, is, first, now)
		}
	}
}

func ids(h history.History) (list []string) {
	for _, o := range h.Observations {
		list = append(list, o.Referral)
	}
	return slices.Compact(list)
}

// checkPresent: what a reading that counts shows is what the history says now,
// and what is missing from an incomplete one is still there.
func checkPresent(t *rapid.T, before history.History, o history.Outcome, m moment) {
	if !o.Changed || len(ids(o.Next)) == small().Referrals { // another reading was faster, or the limit was reached
		return
	}
	shown := map[string]bool{}
	for _, s := range referral.Standings(m.reading.Facts) {
		shown[s.ID] = true
		stage, _ := since(o.Next, s.ID)
		if stage.State != s.State || m.reading.Complete && stage != s.Stage {
			t.Fatalf("%s was read as %v and is kept as %v", s.ID, s.Stage, stage)
		}
	}
	for _, id := range ids(o.Next) {
		if !shown[id] && !m.reading.Complete && gone(o.Next, id) != gone(before, id) {
			t.Fatalf("an incomplete reading made %s disappear", id)
		}
		if !shown[id] && m.reading.Complete && !gone(o.Next, id) {
			t.Fatalf("%s is not in a complete reading and not gone", id)
		}
	}
}

func gone(h history.History, id string) bool {
	all := stages(h, id)
	return len(all) > 0 && all[len(all)-1] == "gone"
}

func TestTheOrderOfFactsDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		moments := anyMoments().Draw(rt, "moments")
		seed := rapid.Uint64().Draw(rt, "seed")
		var one, other history.History
		shuffle := rand.New(rand.NewPCG(seed, 1))
		for _, m := range moments {
			one = history.Compare(one, m.reading, small(), m.now).Next
			m.reading.Facts = slices.Clone(m.reading.Facts)
			shuffle.Shuffle(len(m.reading.Facts), func(i, j int) {
				f := m.reading.Facts
				f[i], f[j] = f[j], f[i]
			})
			other = history.Compare(other, m.reading, small(), m.now).Next
		}
		if diff := cmp.Diff(one, other); diff != "" {
			rt.Fatalf("another order gave another history:\n%s", diff)
		}
	})
}

// TestPagingMissesNothing follows the changes of a citizen by cursor while
// readings come in under a clock that runs, and compares with what one page says
// at the end.
func TestPagingMissesNothing(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		b := newBench(t, func(d *history.Deps) { d.Limits = history.Limits{} })
		now := noon()
		var followed []string
		cursor := history.Cursor{}
		ask := func(q history.Query) []referral.Change {
			page, err := b.Changes(t.Context(), ann, app, q)
			if err != nil {
				rt.Fatal(err)
			}
			return page
		}
		for range rapid.IntRange(1, 12).Draw(rt, "readings") {
			now = now.Add(time.Duration(rapid.SampledFrom([]int64{0, 1, 3600}).Draw(rt, "seconds")) * time.Second)
			b.clock.Set(now)
			b.show(t, ann, history.Reading{
				Facts: rapid.SliceOfN(anyFacts(), 0, 6).Draw(rt, "facts"), At: now, Complete: rapid.Bool().Draw(rt, "complete"),
			})
			for page := ask(history.Query{After: cursor, Limit: 2}); len(page) > 0; page = ask(history.Query{After: cursor, Limit: 2}) {
				for _, c := range page {
					followed = append(followed, c.ID)
				}
				var err error
				if cursor, err = history.ParseCursor(history.After(page[len(page)-1]).String()); err != nil {
					rt.Fatal(err)
				}
			}
		}
		var all []string
		for _, c := range ask(history.Query{Limit: 10_000}) {
			all = append(all, c.ID)
		}
		if !slices.Equal(followed, all) {
			rt.Fatalf("followed %d changes, there are %d", len(followed), len(all))
		}
		if slices.Sort(all); len(slices.Compact(all)) != len(followed) {
			rt.Fatal("an id appears twice")
		}
		if err := b.failed(); err != nil {
			rt.Fatal(err)
		}
	})
}
