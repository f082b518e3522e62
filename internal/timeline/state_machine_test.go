package timeline_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/timeline"
)

func allStates() []string {
	return []string{
		timeline.StateNotBooked, timeline.StateBooked, timeline.StateAwaitingTriage, timeline.StateDeferToProvider,
		timeline.StateReviewed, timeline.StateCancelledToRearrange, timeline.StateBeingArranged, timeline.StateSentBack,
		timeline.StateRejected, timeline.StateCancelledByPatient, timeline.StateCancelledByProvider,
	}
}

// TestStates holds the table of the eleven states: who acts and where on the
// progress line, with an appointment, without, overdue and passed.
func TestStates(t *testing.T) {
	later := time.Date(2026, time.February, 3, 9, 0, 0, 0, time.UTC)
	dated := func(f *timeline.Facts) { f.Appointment = appointment(later, 0) }
	due := func(day int) func(*timeline.Facts) {
		return func(f *timeline.Facts) { f.Review = review(timeline.ReviewTriage, 2026, time.January, day) }
	}
	for name, tt := range map[string]struct {
		facts timeline.Facts
		phase timeline.Phase
		who   timeline.Actor
		title string
	}{
		"not booked lets the citizen book":                    {referral(nil), timeline.PhaseReferred, timeline.You, "Ready to book"},
		"booked with a start needs nobody":                    {atService(timeline.StateBooked, dated), timeline.PhaseBooked, timeline.Nobody, "Appointment booked"},
		"booked without a start waits for the hospital":       {atService(timeline.StateBooked, func(f *timeline.Facts) { f.Appointment = &timeline.Appointment{ID: "a"} }), timeline.PhaseWithService, timeline.ByHospital, "Appointment being arranged"},
		"booked without a readable appointment is for you":    {atService(timeline.StateBooked, nil), timeline.PhaseBooked, timeline.You, "Appointment booked"},
		"a review in time is the hospital's":                  {atService(timeline.StateAwaitingTriage, due(25)), timeline.PhaseWithService, timeline.ByHospital, "Being reviewed"},
		"an overdue review is the citizen's":                  {atService(timeline.StateAwaitingTriage, due(19)), timeline.PhaseWithService, timeline.You, "Review is overdue"},
		"an overdue appointment review is the citizen's":      {atService(timeline.StateDeferToProvider, func(f *timeline.Facts) { f.Review = review(timeline.ReviewAppointment, 2026, time.January, 19) }), timeline.PhaseWithService, timeline.You, "Waiting longer than planned"},
		"an overdue task of an unknown kind is the citizen's": {atService(timeline.StateBeingArranged, func(f *timeline.Facts) { f.Review = review("", 2026, time.January, 19) }), timeline.PhaseWithService, timeline.You, "Next step is overdue"},
		"an unknown state with an overdue review too":         {atService("NEW_STATE", due(19)), timeline.PhaseUnknown, timeline.You, "Review is overdue"},
		"deferred to the provider is the hospital's":          {atService(timeline.StateDeferToProvider, nil), timeline.PhaseWithService, timeline.ByHospital, "Waiting for an appointment"},
		"reviewed is the hospital's":                          {atService(timeline.StateReviewed, nil), timeline.PhaseWithService, timeline.ByHospital, "Reviewed: next step being arranged"},
		"cancelled to rearrange is the hospital's":            {atService(timeline.StateCancelledToRearrange, nil), timeline.PhaseCancelled, timeline.ByHospital, "Appointment cancelled by the hospital"},
		"next step is the hospital's":                         {atService(timeline.StateBeingArranged, nil), timeline.PhaseWithService, timeline.ByHospital, "Next step being arranged"},
		"sent back is the citizen's":                          {atService(timeline.StateSentBack, nil), timeline.PhaseReturned, timeline.You, "Sent back to your GP surgery or referrer"},
		"rejected is the citizen's":                           {atService(timeline.StateRejected, nil), timeline.PhaseNotAccepted, timeline.You, "Not accepted by this service"},
		"cancelled by the patient is the citizen's":           {atService(timeline.StateCancelledByPatient, nil), timeline.PhaseCancelled, timeline.You, "Appointment cancelled by you or for you"},
		"cancelled by the provider is the citizen's":          {atService(timeline.StateCancelledByProvider, nil), timeline.PhaseCancelled, timeline.You, "Appointment cancelled by the hospital"},
		"a code that nobody knows is in progress":             {atService("NEW_STATE", nil), timeline.PhaseUnknown, timeline.UnknownActor, "Referral in progress"},
		"no code at all is in progress":                       {atService("", nil), timeline.PhaseUnknown, timeline.UnknownActor, "Referral in progress"},
	} {
		t.Run(name, func(t *testing.T) {
			got := one(t, tt.facts, now()).State
			if got.Phase != tt.phase || got.WhoActs != tt.who || got.Title != tt.title {
				t.Errorf("phase %s, who acts %s, title %q; want %s, %s, %q", got.Phase, got.WhoActs, got.Title, tt.phase, tt.who, tt.title)
			}
			if got.NextStep == "" || got.Description == "" {
				t.Error("no next step or no description")
			}
		})
	}
}

func TestUnknownState(t *testing.T) {
	const raw = "SENT_TO_SOMEWHERE_TELLING"
	got := timeline.Build([]timeline.Facts{atService(raw, nil)}, valueSets(t), timeline.English, now())
	t.Run("is told as UNKNOWN", func(t *testing.T) {
		if code := got.Referrals[0].State.Code; code != timeline.StateUnknown {
			t.Errorf("state code %q", code)
		}
	})
	t.Run("its raw code is nowhere in the answer", func(t *testing.T) {
		if strings.Contains(encode(t, got), raw) {
			t.Error("the answer repeats the raw code")
		}
	})
	t.Run("is counted", func(t *testing.T) {
		if n := got.Counts.Unknown[timeline.CodeState]; n != 1 {
			t.Errorf("counted %d times, want 1", n)
		}
	})
}

func TestNobodyIsSaidToHaveAttended(t *testing.T) {
	vs := valueSets(t)
	for name, facts := range goldenScenarios() {
		answer := strings.ToLower(encode(t, timeline.Build(facts, vs, timeline.English, now().AddDate(2, 0, 0))))
		for _, word := range []string{"attend", "you went", "clinician"} {
			if strings.Contains(answer, word) {
				t.Errorf("%s: the answer says %q", name, word)
			}
		}
	}
}

func TestPossibleSteps(t *testing.T) {
	t.Run("staying is always possible", func(t *testing.T) {
		for _, code := range allStates() {
			if !timeline.Possible(code, code) {
				t.Errorf("%s cannot stay", code)
			}
		}
	})
	t.Run("nothing is impossible about a state nobody knows", func(t *testing.T) {
		if !timeline.Possible("NEW_STATE", timeline.StateBooked) || !timeline.Possible(timeline.StateBooked, "NEW_STATE") {
			t.Error("an unknown state was judged")
		}
	})
	t.Run("what was never reviewed or booked cannot be sent back or cancelled", func(t *testing.T) {
		for _, to := range []string{
			timeline.StateSentBack, timeline.StateReviewed, timeline.StateCancelledByPatient,
			timeline.StateCancelledByProvider, timeline.StateCancelledToRearrange,
		} {
			if timeline.Possible(timeline.StateNotBooked, to) {
				t.Errorf("NOT_BOOKED to %s", to)
			}
		}
		if timeline.Possible(timeline.StateAwaitingTriage, timeline.StateCancelledByPatient) {
			t.Error("a review without an appointment was cancelled as one")
		}
	})
	t.Run("no state is a dead end and every state can be reached", func(t *testing.T) {
		reached := map[string]bool{}
		for _, from := range allStates() {
			onward := slices.DeleteFunc(allStates(), func(to string) bool { return to == from || !timeline.Possible(from, to) })
			if len(onward) == 0 {
				t.Errorf("%s leads nowhere", from)
			}
			for _, to := range onward {
				reached[to] = true
			}
		}
		for _, code := range allStates() {
			if !reached[code] {
				t.Errorf("nothing leads to %s", code)
			}
		}
	})
}
