package timeline_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/referral"
	"github.com/patient-care-aggregator/aggregator/internal/timeline"
	"github.com/patient-care-aggregator/aggregator/internal/wording"
)

func allStates() []string {
	return []string{
		referral.StateNotBooked, referral.StateBooked, referral.StateAwaitingTriage, referral.StateDeferToProvider,
		referral.StateReviewed, referral.StateCancelledToRearrange, referral.StateBeingArranged, referral.StateSentBack,
		referral.StateRejected, referral.StateCancelledByPatient, referral.StateCancelledByProvider,
	}
}

// TestStates holds the table of the eleven states: who acts and where on the
// progress line, with an appointment, without, overdue and passed.
func TestStates(t *testing.T) {
	later := time.Date(2026, time.February, 3, 9, 0, 0, 0, time.UTC)
	dated := func(f *referral.Facts) { f.Appointment = appointment(later, 0) }
	due := func(day int) func(*referral.Facts) {
		return func(f *referral.Facts) { f.Review = review(referral.ReviewTriage, 2026, time.January, day) }
	}
	for name, tt := range map[string]struct {
		facts referral.Facts
		phase referral.Phase
		who   referral.Actor
		title string
	}{
		"not booked lets the citizen book":                    {cardiology(nil), referral.PhaseReferred, referral.You, "Ready to book"},
		"booked with a start needs nobody":                    {atService(referral.StateBooked, dated), referral.PhaseBooked, referral.Nobody, "Appointment booked"},
		"booked without a start waits for the hospital":       {atService(referral.StateBooked, func(f *referral.Facts) { f.Appointment = &referral.Appointment{ID: "a"} }), referral.PhaseWithService, referral.ByHospital, "Appointment being arranged"},
		"booked without a readable appointment is for you":    {atService(referral.StateBooked, nil), referral.PhaseBooked, referral.You, "Appointment booked"},
		"a review in time is the hospital's":                  {atService(referral.StateAwaitingTriage, due(25)), referral.PhaseWithService, referral.ByHospital, "Being reviewed"},
		"an overdue review is the citizen's":                  {atService(referral.StateAwaitingTriage, due(19)), referral.PhaseWithService, referral.You, "Hospital staff are late with your referral"},
		"an overdue appointment review is the citizen's":      {atService(referral.StateDeferToProvider, func(f *referral.Facts) { f.Review = review(referral.ReviewAppointment, 2026, time.January, 19) }), referral.PhaseWithService, referral.You, "Waiting longer than planned"},
		"an overdue task of an unknown kind is the citizen's": {atService(referral.StateBeingArranged, func(f *referral.Facts) { f.Review = review("", 2026, time.January, 19) }), referral.PhaseWithService, referral.You, "Next step is overdue"},
		"an unknown state with an overdue review too":         {atService("NEW_STATE", due(19)), referral.PhaseUnknown, referral.You, "Hospital staff are late with your referral"},
		"deferred to the provider is the hospital's":          {atService(referral.StateDeferToProvider, nil), referral.PhaseWithService, referral.ByHospital, "Waiting for an appointment"},
		"reviewed is the hospital's":                          {atService(referral.StateReviewed, nil), referral.PhaseWithService, referral.ByHospital, "Reviewed: next step being arranged"},
		"cancelled to rearrange is the hospital's":            {atService(referral.StateCancelledToRearrange, nil), referral.PhaseCancelled, referral.ByHospital, "Appointment cancelled by the hospital"},
		"next step is the hospital's":                         {atService(referral.StateBeingArranged, nil), referral.PhaseWithService, referral.ByHospital, "Next step being arranged"},
		"sent back is the citizen's":                          {atService(referral.StateSentBack, nil), referral.PhaseReturned, referral.You, "Sent back to the person who referred you"},
		"rejected is the citizen's":                           {atService(referral.StateRejected, nil), referral.PhaseNotAccepted, referral.You, "Not accepted by this clinic"},
		"cancelled by the patient is the citizen's":           {atService(referral.StateCancelledByPatient, nil), referral.PhaseCancelled, referral.You, "Appointment cancelled by you or for you"},
		"cancelled by the provider is the citizen's":          {atService(referral.StateCancelledByProvider, nil), referral.PhaseCancelled, referral.You, "Appointment cancelled by the hospital"},
		"a code that nobody knows is in progress":             {atService("NEW_STATE", nil), referral.PhaseUnknown, referral.UnknownActor, "Referral in progress"},
		"no code at all is in progress":                       {atService("", nil), referral.PhaseUnknown, referral.UnknownActor, "Referral in progress"},
	} {
		t.Run(name, func(t *testing.T) {
			got := one(t, tt.facts, now()).State
			if got.Phase != tt.phase || got.WhoActs != tt.who || got.Title.String() != tt.title {
				t.Errorf("phase %s, who acts %s, title %q; want %s, %s, %q", got.Phase, got.WhoActs, got.Title, tt.phase, tt.who, tt.title)
			}
			if got.NextStep.String() == "" || got.Description.String() == "" {
				t.Error("no next step or no description")
			}
		})
	}
}

func TestUnknownState(t *testing.T) {
	const raw = "SENT_TO_SOMEWHERE_TELLING"
	got := build([]referral.Facts{atService(raw, nil)}, valueSets(t), wording.English, now())
	t.Run("is told as UNKNOWN", func(t *testing.T) {
		if code := got.Referrals[0].State.Code; code != referral.StateUnknown {
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
		answer := strings.ToLower(encode(t, build(facts, vs, wording.English, now().AddDate(2, 0, 0))))
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
			if !referral.TransitionPossible(code, code) {
				t.Errorf("%s cannot stay", code)
			}
		}
	})
	t.Run("nothing is impossible about a state nobody knows", func(t *testing.T) {
		if !referral.TransitionPossible("NEW_STATE", referral.StateBooked) || !referral.TransitionPossible(referral.StateBooked, "NEW_STATE") {
			t.Error("an unknown state was judged")
		}
	})
	t.Run("what was never reviewed or booked cannot be sent back or cancelled", func(t *testing.T) {
		for _, to := range []string{
			referral.StateSentBack, referral.StateReviewed, referral.StateCancelledByPatient,
			referral.StateCancelledByProvider, referral.StateCancelledToRearrange,
		} {
			if referral.TransitionPossible(referral.StateNotBooked, to) {
				t.Errorf("NOT_BOOKED to %s", to)
			}
		}
		if referral.TransitionPossible(referral.StateAwaitingTriage, referral.StateCancelledByPatient) {
			t.Error("a review without an appointment was cancelled as one")
		}
	})
	t.Run("no state is a dead end and every state can be reached", func(t *testing.T) {
		reached := map[string]bool{}
		for _, from := range allStates() {
			onward := slices.DeleteFunc(allStates(), func(to string) bool { return to == from || !referral.TransitionPossible(from, to) })
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
