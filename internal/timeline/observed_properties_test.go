package timeline_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/patient-care-aggregator/aggregator/internal/referral"
	"github.com/patient-care-aggregator/aggregator/internal/timeline"
	"github.com/patient-care-aggregator/aggregator/internal/wording"
)

// anyObserved are sightings of those referrals and of others, sensible or not.
func anyObserved(facts []referral.Facts) *rapid.Generator[[]referral.Observed] {
	ids := []string{"nobody", ""}
	for i := range facts {
		ids = append(ids, facts[i].ID, facts[i].ID)
	}
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) referral.Observed {
		o := referral.Observed{
			ReferralID: rapid.SampledFrom(ids).Draw(t, "of"),
			Stage: referral.Stage{
				State: rapid.OneOf(rapid.SampledFrom(allStates()), rapid.String()).Draw(t, "state seen"),
				Phase: referral.Phase(rapid.SampledFrom([]string{"", "booked", "with_service", "passed", "2ww"}).Draw(t, "phase seen")),
			},
		}
		if len(facts) > 0 && rapid.Bool().Draw(t, "as now") {
			s := referral.Standings(facts)
			if i := slices.IndexFunc(s, func(s referral.Standing) bool { return s.ID == o.ReferralID }); i >= 0 {
				o.Stage = s[i].Stage
			}
		}
		if at := anyInstant().Draw(t, "seen at"); at != nil {
			o.Since = *at
		}
		return o
	}), 0, 8)
}

func TestAnyObservedHistoryGivesATimeline(t *testing.T) {
	vs := valueSets(t)
	rapid.Check(t, func(rt *rapid.T) {
		facts := someFacts().Draw(rt, "facts")
		observed := anyObserved(facts).Draw(rt, "observed")
		plain := build(facts, vs, wording.English, now())
		got := buildWith(facts, observed, vs, wording.English, now())

		// What was observed adds; it changes nothing of what the sources said.
		added := []cmp.Option{
			inner(), cmpopts.IgnoreFields(timeline.Timeline{}, "Events", "ChangesAt"), cmpopts.IgnoreFields(timeline.Referral{}, "Events", "Waiting"),
			cmpopts.IgnoreFields(timeline.State{}, "NextStep"), cmpopts.IgnoreFields(timeline.Summary{}, "Text", "Certain"),
		}
		long := slices.ContainsFunc(got.Referrals, func(r timeline.Referral) bool { return r.Waiting != nil && r.Waiting.Long })
		if before, after := plain.Summary.Text.String(), got.Summary.Text.String(); before != after && !long {
			rt.Fatalf("history changed the summary from %q to %q", before, after)
		}
		if diff := cmp.Diff(plain, got, added...); diff != "" {
			rt.Fatalf("history changed more than it may:\n%s", diff)
		}
		ids := map[string]bool{}
		fromSources := 0
		for _, e := range got.Events {
			if ids[e.ID] {
				rt.Fatalf("event id %s stands twice", e.ID)
			}
			ids[e.ID] = true
			if e.Source != "observed" {
				fromSources++
			} else if e.At == nil || !e.DateOnly || e.Kind != timeline.EventState || e.Upcoming || e.Title.String() == "" {
				rt.Fatalf("an observed event %+v", e)
			}
		}
		if fromSources != len(plain.Events) {
			rt.Fatalf("%d events from the sources instead of %d", fromSources, len(plain.Events))
		}
		for _, r := range got.Referrals {
			if w := r.Waiting; w != nil && (w.Text.String() == "" || w.Since > now().Format(time.DateOnly) || r.State.WhoActs != referral.ByHospital) {
				rt.Fatalf("%s acts, waiting %+v", r.State.WhoActs, w)
			}
		}
		if found := leaks(t, got); len(found) > 0 {
			rt.Fatalf("leaks: %v", found)
		}
		checkClean(t, got)
	})
}

func TestTheOrderOfSightingsDoesNotMatter(t *testing.T) {
	vs := valueSets(t)
	rapid.Check(t, func(rt *rapid.T) {
		facts := someFacts().Draw(rt, "facts")
		observed := anyObserved(facts).Draw(rt, "observed")
		seed := rapid.Uint64().Draw(rt, "order")
		want := buildWith(facts, observed, vs, wording.Welsh, now())
		shuffled := slices.Clone(observed)
		rand.New(rand.NewPCG(seed, 1)).Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		if diff := cmp.Diff(want, buildWith(facts, shuffled, vs, wording.Welsh, now()), inner()); diff != "" {
			rt.Fatalf("another order gave another timeline:\n%s", diff)
		}
	})
}

func TestChangesAtIsHonestWithAHistory(t *testing.T) {
	vs := valueSets(t)
	rapid.Check(t, func(rt *rapid.T) {
		facts := someFacts().Draw(rt, "facts")
		observed := anyObserved(facts).Draw(rt, "observed")
		build := func(at time.Time) timeline.Timeline {
			return buildWith(facts, observed, vs, wording.English, at)
		}
		first := build(now())
		if first.ChangesAt.IsZero() {
			if diff := cmp.Diff(first, build(now().AddDate(400, 0, 0)), inner()); diff != "" {
				rt.Fatalf("said never to change, and did:\n%s", diff)
			}
			return
		}
		if !first.ChangesAt.After(now()) {
			rt.Fatalf("changes at %v, which is not to come", first.ChangesAt)
		}
		if diff := cmp.Diff(first, build(first.ChangesAt.Add(-1)), inner()); diff != "" {
			rt.Fatalf("changed before it said:\n%s", diff)
		}
		if cmp.Equal(first, build(first.ChangesAt), inner(), cmpopts.IgnoreFields(timeline.Timeline{}, "ChangesAt")) {
			rt.Fatal("did not change when it said")
		}
	})
}

// TestAStageIsWhatTheTimelineTells: what is kept for later is what is shown now,
// but for what time alone makes of it.
func TestAStageIsWhatTheTimelineTells(t *testing.T) {
	vs := valueSets(t)
	rapid.Check(t, func(rt *rapid.T) {
		facts := someFacts().Draw(rt, "facts")
		stages := map[string]referral.Stage{}
		for _, s := range referral.Standings(facts) {
			stages[s.ID] = s.Stage
		}
		found := 0
		for _, r := range build(facts, vs, wording.English, now()).Referrals {
			stage, ok := stages[r.ID]
			if !ok {
				continue // without an id of its own
			}
			found++
			if stage.State != r.State.Code || stage.Phase != r.State.Phase && r.State.Phase != referral.PhasePassed {
				rt.Fatalf("stage %v, told as %s %s", stage, r.State.Code, r.State.Phase)
			}
		}
		if found != len(stages) {
			rt.Fatalf("%d standings, %d of them told", len(stages), found)
		}
	})
}
