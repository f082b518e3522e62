package timeline_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/patient-care-aggregator/aggregator/internal/referral"
	"github.com/patient-care-aggregator/aggregator/internal/timeline"
	"github.com/patient-care-aggregator/aggregator/internal/wording"
)

const anyReferral = "referralAAAAAAAAAAAAAA"

// seen is a stage first seen a number of days before now.
func seen(state string, phase referral.Phase, daysAgo int) referral.Observed {
	return referral.Observed{
		ReferralID: anyReferral, Stage: referral.Stage{State: state, Phase: phase}, Since: now().AddDate(0, 0, -daysAgo),
	}
}

func seenWaiting(daysAgo int) referral.Observed {
	return seen(referral.StateAwaitingTriage, referral.PhaseWithService, daysAgo)
}

// with builds the timeline of one referral with what was observed of it.
func with(t testing.TB, at time.Time, f referral.Facts, observed ...referral.Observed) timeline.Referral {
	t.Helper()
	got := buildWith([]referral.Facts{f}, observed, valueSets(t), wording.English, at)
	if len(got.Referrals) != 1 {
		t.Fatalf("%d referrals, want 1", len(got.Referrals))
	}
	return got.Referrals[0]
}

// states are the events about the state of a referral: the earlier, and the present.
func states(t testing.TB, r timeline.Referral) (earlier []timeline.Event, present timeline.Event) {
	t.Helper()
	found := 0
	for _, e := range r.Events {
		switch {
		case e.Kind != timeline.EventState:
		case e.Source == "observed":
			earlier = append(earlier, e)
		default:
			present = e
			found++
		}
	}
	if found != 1 {
		t.Fatalf("%d events tell the present state", found)
	}
	return earlier, present
}

func TestObserved(t *testing.T) {
	waiting := atService(referral.StateAwaitingTriage, nil)

	t.Run("the present state is told since the London day on which it was first seen", func(t *testing.T) {
		lateInWinter := seenWaiting(0)
		lateInWinter.Since = time.Date(2025, time.October, 25, 23, 30, 0, 0, time.UTC) // 00:30 in London
		_, present := states(t, with(t, now(), waiting, lateInWinter))
		if text(present.At) != "2025-10-26" || !present.DateOnly || words(present.DisplayDate) != "Sunday 26 October 2025" || present.DisplayTime != nil {
			t.Errorf("at %s, date only %t, %s", text(present.At), present.DateOnly, words(present.DisplayDate))
		}
		if !strings.HasSuffix(words(present.Detail), " We have seen this since Sunday 26 October 2025.") {
			t.Errorf("detail %s", words(present.Detail))
		}
	})
	t.Run("earlier states are events of their own, oldest first, each with the day of its first sight", func(t *testing.T) {
		r := with(t, now(), atService(referral.StateReviewed, nil),
			seen(referral.StateReviewed, referral.PhaseWithService, 2), seenWaiting(10), seenWaiting(8),
			seen(referral.StateBooked, referral.PhaseWithService, 20))
		earlier, present := states(t, r)
		var got []string
		for _, e := range append(earlier, present) {
			got = append(got, text(e.At)+" "+e.Title.String())
		}
		want := []string{
			"2025-12-31 Appointment being arranged", "2026-01-10 Being reviewed", "2026-01-18 Reviewed: next step being arranged",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if words(earlier[0].Detail) != "We first saw this on Wednesday 31 December 2025." {
			t.Errorf("detail %s", words(earlier[0].Detail))
		}
	})
	t.Run("a state that was not seen before has no day", func(t *testing.T) {
		earlier, present := states(t, with(t, now(), atService(referral.StateReviewed, nil), seenWaiting(10)))
		if present.At != nil || present.DateOnly || len(earlier) != 1 {
			t.Errorf("at %s, %d earlier", text(present.At), len(earlier))
		}
	})
	t.Run("a date that went by dates nothing: the state before it is an earlier one", func(t *testing.T) {
		start := now().AddDate(0, 0, -1)
		passed := atService(referral.StateBooked, func(f *referral.Facts) { f.Appointment = appointment(start, 0) })
		overdue := atService(referral.StateAwaitingTriage, func(f *referral.Facts) { f.Review = review(referral.ReviewTriage, 2026, time.January, 19) })
		for name, tt := range map[string]struct {
			facts  referral.Facts
			seen   referral.Observed
			before string
		}{
			"a passed appointment": {passed, seen(referral.StateBooked, referral.PhaseBooked, 30), "Appointment booked"},
			"an overdue review":    {overdue, seenWaiting(30), "Being reviewed"},
		} {
			r := with(t, now(), tt.facts, tt.seen)
			earlier, present := states(t, r)
			if present.At != nil || len(earlier) != 1 || earlier[0].Title.String() != tt.before || r.Waiting != nil {
				t.Errorf("%s: at %s, earlier %v, waiting %v", name, text(present.At), earlier, r.Waiting)
			}
		}
	})
	t.Run("what was dated ahead counts when its time comes, and the timeline says when", func(t *testing.T) {
		ahead := seenWaiting(-3)
		got := buildWith([]referral.Facts{waiting}, []referral.Observed{ahead}, valueSets(t), wording.English, now())
		if _, present := states(t, got.Referrals[0]); present.At != nil || !got.ChangesAt.Equal(ahead.Since) {
			t.Errorf("at %s, changes at %v", text(present.At), got.ChangesAt)
		}
	})
	t.Run("a code that nobody knows is told as in progress, and its raw code nowhere", func(t *testing.T) {
		got := buildWith([]referral.Facts{waiting}, []referral.Observed{seen("SENT_TO_CANCER_TRACKER", "telling", 9)}, valueSets(t), wording.English, now())
		if answer := encode(t, got); strings.Contains(answer, "TRACKER") || strings.Contains(answer, "telling") || !strings.Contains(answer, "Referral in progress") {
			t.Error(answer)
		}
	})
	t.Run("what was seen of a referral that is no longer there is not told", func(t *testing.T) {
		other := seenWaiting(9)
		other.ReferralID = "another"
		got := buildWith([]referral.Facts{waiting}, []referral.Observed{other}, valueSets(t), wording.English, now())
		if diff := cmp.Diff(build([]referral.Facts{waiting}, valueSets(t), wording.English, now()), got, inner()); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("the present stays between what happened and what is to come, dated or not", func(t *testing.T) {
		f := atService(referral.StateAwaitingTriage, func(f *referral.Facts) { f.Review = review(referral.ReviewTriage, 2026, time.January, 25) })
		got := buildWith([]referral.Facts{f}, []referral.Observed{seenWaiting(30), seen(referral.StateNotBooked, referral.PhaseReferred, 31)}, valueSets(t), wording.English, now())
		var order []string
		for _, e := range got.Events {
			order = append(order, e.Kind+" "+e.Source)
		}
		if want := []string{"state observed", "referred ers", "state ers", "review_due ers"}; !slices.Equal(order, want) {
			t.Errorf("%v", order)
		}
	})
}

func TestWaiting(t *testing.T) {
	december := referral.Date{Year: 2025, Month: time.December, Day: 1}
	waiting := atService(referral.StateAwaitingTriage, func(f *referral.Facts) { f.ReferredOn = december })

	t.Run("counts from the referral, tells the first sight apart, and asks for nothing while it is not long", func(t *testing.T) {
		r := with(t, now(), waiting, seenWaiting(41))
		if r.Waiting == nil || r.Waiting.Since != "2025-12-01" || text(r.Waiting.FirstSeen) != "2025-12-10" || r.Waiting.Long {
			t.Fatalf("%+v", r.Waiting)
		}
		if want := "You were referred on Monday 1 December 2025. We first saw this step on Wednesday 10 December 2025."; r.Waiting.Text.String() != want {
			t.Errorf("text %q", r.Waiting.Text)
		}
		if !strings.Contains(r.State.NextStep.String(), "You do not need to do anything now") {
			t.Errorf("next step %q", r.State.NextStep)
		}
	})
	t.Run("is long from the London midnight after the days that the value sets give, and the timeline says so ahead", func(t *testing.T) {
		// First seen on 17 February; 42 days later is 31 March, two days into summer
		// time, so midnight is 23:00 UTC.
		first := seenWaiting(0)
		first.Since = time.Date(2026, time.February, 17, 15, 0, 0, 0, time.UTC)
		waiting.ReferredOn = referral.Date{Year: 2026, Month: time.February, Day: 16}
		defer func() { waiting.ReferredOn = december }()
		midnight := time.Date(2026, time.March, 30, 23, 0, 0, 0, time.UTC)
		early := midnight.Add(-1)
		got := buildWith([]referral.Facts{waiting}, []referral.Observed{first}, valueSets(t), wording.English, early)
		if got.Referrals[0].Waiting.Long || !got.ChangesAt.Equal(midnight) {
			t.Errorf("long %t, changes at %v", got.Referrals[0].Waiting.Long, got.ChangesAt)
		}
		if r := with(t, midnight, waiting, first); !r.Waiting.Long {
			t.Error("not long at midnight")
		}
	})
	t.Run("is long after 18 weeks from the referral, seen before or not", func(t *testing.T) {
		f := atService(referral.StateAwaitingTriage, func(f *referral.Facts) {
			f.ReferredOn = referral.Date{Year: 2026, Month: time.January, Day: 20}
		})
		midnight := time.Date(2026, time.May, 25, 23, 0, 0, 0, time.UTC)
		early := build([]referral.Facts{f}, valueSets(t), wording.English, midnight.Add(-1))
		if early.Referrals[0].Waiting.Long || !early.ChangesAt.Equal(midnight) {
			t.Errorf("long %t, changes at %v", early.Referrals[0].Waiting.Long, early.ChangesAt)
		}
		got := build([]referral.Facts{f}, valueSets(t), wording.English, midnight)
		if !got.Referrals[0].Waiting.Long || got.Summary.Certain {
			t.Errorf("%+v, %+v", got.Referrals[0].Waiting, got.Summary)
		}
	})
	t.Run("says when it is long what to do and whom to phone, and nothing says to do nothing", func(t *testing.T) {
		r := with(t, now(), waiting, seenWaiting(42))
		want := "This is a long wait. If you have heard nothing, phone Leeds Teaching Hospitals NHS Trust on 0113 496 0001 and ask what is happening."
		if !strings.HasSuffix(r.State.NextStep.String(), " "+want) || !strings.HasSuffix(r.Waiting.Text.String(), " "+want) {
			t.Errorf("next step %q, text %q", r.State.NextStep, r.Waiting.Text)
		}
		if answer := encode(t, r); strings.Contains(answer, "do not need to do anything") {
			t.Error(answer)
		}
		if r.State.WhoActs != referral.ByHospital {
			t.Errorf("who acts %s", r.State.WhoActs)
		}
	})
	t.Run("names somebody to contact also where no number is known", func(t *testing.T) {
		bare := referral.Facts{Source: "ers-01", ID: anyReferral, State: referral.StateAwaitingTriage, Priority: "ROUTINE"}
		if r := with(t, now(), bare, seenWaiting(50)); !strings.Contains(r.Waiting.Text.String(), "phone your GP surgery and ask") {
			t.Errorf("text %q", r.Waiting.Text)
		}
	})
	t.Run("is only told where the hospital acts", func(t *testing.T) {
		for _, state := range allStates() {
			f := atService(state, nil)
			stage := referral.Standings([]referral.Facts{f})[0].Stage
			r := with(t, now(), f, seen(stage.State, stage.Phase, 50))
			if (r.Waiting != nil) != (r.State.WhoActs == referral.ByHospital) {
				t.Errorf("%s: %s acts, waiting %v", state, r.State.WhoActs, r.Waiting)
			}
		}
	})
	t.Run("counts days that an editor can change by state", func(t *testing.T) {
		vs, err := load(withFile(t, "states.yaml", replace("  AWAITING_TRIAGE:\n    long_wait_days: 42", "  AWAITING_TRIAGE:\n    long_wait_days: 7")))
		if err != nil {
			t.Fatal(err)
		}
		got := buildWith([]referral.Facts{waiting}, []referral.Observed{seenWaiting(7)}, vs, wording.English, now())
		if !got.Referrals[0].Waiting.Long {
			t.Error("not long")
		}
	})
	t.Run("is null where there is nothing to tell", func(t *testing.T) {
		unknown := waiting
		unknown.ReferredOn = referral.Date{}
		if answer := encode(t, one(t, unknown, now())); !strings.Contains(answer, `"waiting": null`) {
			t.Error(answer)
		}
	})
	for name, tt := range map[string]struct{ before, after string }{
		"a state of the hospital without days": {"  ARBL:\n    long_wait_days: 42\n", "  ARBL:\n"},
		"days that nobody can mean":            {"  ARBL:\n    long_wait_days: 42\n", "  ARBL:\n    long_wait_days: -1\n"},
		"days where the citizen acts":          {"  NOT_BOOKED:\n", "  NOT_BOOKED:\n    long_wait_days: 42\n"},
	} {
		t.Run("the value sets are refused with "+name, func(t *testing.T) {
			_, err := load(withFile(t, "states.yaml", replace(tt.before, tt.after)))
			if found := faults(err); len(found) != 1 || !strings.Contains(found[0].Reason, "long_wait_days") {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestSituationsObserved(t *testing.T) {
	vs := valueSets(t)
	var out strings.Builder
	for _, tt := range []struct {
		name     string
		facts    referral.Facts
		observed []referral.Observed
	}{
		{
			"observed and moved on",
			atService(referral.StateDeferToProvider, nil),
			[]referral.Observed{seen(referral.StateNotBooked, referral.PhaseReferred, 20), seenWaiting(12), seen(referral.StateDeferToProvider, referral.PhaseWithService, 3)},
		},
		{"observed and waiting long", atService(referral.StateAwaitingTriage, nil), []referral.Observed{seenWaiting(60)}},
		{
			"observed and overdue",
			atService(referral.StateAwaitingTriage, func(f *referral.Facts) { f.Review = review(referral.ReviewTriage, 2026, time.January, 19) }),
			[]referral.Observed{seenWaiting(60)},
		},
	} {
		outline(&out, tt.name, buildWith([]referral.Facts{tt.facts}, tt.observed, vs, wording.English, now()))
		outline(&out, tt.name+", in Welsh", buildWith([]referral.Facts{tt.facts}, tt.observed, vs, wording.Welsh, now()))
	}
	checkGolden(t, "observed.txt", out.String())
}
