package timeline_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/patient-care-aggregator/aggregator/internal/referral"
	"github.com/patient-care-aggregator/aggregator/internal/timeline"
	"github.com/patient-care-aggregator/aggregator/internal/wording"
)

func stage(state string, phase referral.Phase) referral.Stage {
	return referral.Stage{State: state, Phase: phase}
}

func TestTellChanges(t *testing.T) {
	vs := valueSets(t)
	start := time.Date(2026, time.August, 5, 13, 30, 0, 0, time.UTC)
	notBooked := stage(referral.StateNotBooked, referral.PhaseReferred)
	waiting := stage(referral.StateAwaitingTriage, referral.PhaseWithService)
	booked := stage(referral.StateBooked, referral.PhaseBooked)
	for name, tt := range map[string]struct {
		change        referral.Change
		from, to      string
		title, detail string
	}{
		"a new referral": {
			referral.Change{Kind: referral.ChangeNew, To: notBooked},
			"<null>", "NOT_BOOKED", "New in your list of referrals", "Ready to book",
		},
		"a new state": {
			referral.Change{Kind: referral.ChangeState, From: notBooked, To: waiting},
			"NOT_BOOKED", "AWAITING_TRIAGE", "Being reviewed", "Before this: Ready to book",
		},
		"a booking": {
			referral.Change{Kind: referral.ChangeState, From: waiting, To: booked, Start: &start},
			"AWAITING_TRIAGE", "BOOKED", "Appointment booked", "Your appointment was set for Wednesday 5 August 2026 at 2:30pm",
		},
		"a booking whose date is to come": {
			referral.Change{Kind: referral.ChangeState, From: waiting, To: stage(referral.StateBooked, referral.PhaseWithService)},
			"AWAITING_TRIAGE", "BOOKED", "Appointment being arranged", "Before this: Being reviewed",
		},
		"another date": {
			referral.Change{Kind: referral.ChangeAppointment, From: booked, To: booked, Start: &start},
			"BOOKED", "BOOKED", "Your appointment was set for Wednesday 5 August 2026 at 2:30pm", "<null>",
		},
		"a cancellation": {
			referral.Change{Kind: referral.ChangeCancelled, From: booked, To: stage(referral.StateCancelledByProvider, referral.PhaseCancelled)},
			"BOOKED", "APPOINTMENT_CANCELLED_BY_PROVIDER", "Appointment cancelled by the hospital", "Before this: Appointment booked",
		},
		"another day for a review": {
			referral.Change{Kind: referral.ChangeReview, From: waiting, To: waiting, DueBy: referral.Date{Year: 2026, Month: time.May, Day: 6}},
			"AWAITING_TRIAGE", "AWAITING_TRIAGE", "Hospital staff now aim to act by Wednesday 6 May 2026", "<null>",
		},
		"one that is gone": {
			referral.Change{Kind: referral.ChangeGone, From: waiting},
			"AWAITING_TRIAGE", "<null>", "No longer in your list of referrals", "If you did not expect this, phone your GP surgery.",
		},
		"codes that nobody knows": {
			referral.Change{Kind: referral.ChangeState, From: stage("CANCER_TRACKING", "2ww"), To: stage("2WW", "booked"), Start: &start},
			"UNKNOWN", "UNKNOWN", "Referral in progress", "Before this: Referral in progress",
		},
	} {
		t.Run(name, func(t *testing.T) {
			tt.change.ID, tt.change.ReferralID, tt.change.At = "id", anyReferral, time.Date(2026, time.July, 1, 23, 30, 0, 0, time.UTC)
			got := timeline.TellChanges([]referral.Change{tt.change}, vs.Set, wording.English)[0]
			if text(got.From) != tt.from || text(got.To) != tt.to || got.Title.String() != tt.title || words(got.Detail) != tt.detail {
				t.Errorf("from %s to %s: %q, %q", text(got.From), text(got.To), got.Title, words(got.Detail))
			}
			if got.At != "2026-07-02T00:30:00+01:00" || got.DisplayDate.String() != "Thursday 2 July 2026" {
				t.Errorf("at %s, %s", got.At, got.DisplayDate)
			}
		})
	}
	t.Run("none is an empty list and not null", func(t *testing.T) {
		if got := encode(t, timeline.TellChanges(nil, vs.Set, wording.English)); got != "[]\n" {
			t.Error(got)
		}
	})
}

func TestAnyChangeIsToldWithoutALabel(t *testing.T) {
	vs := valueSets(t)
	anyStage := rapid.Custom(func(t *rapid.T) referral.Stage {
		return stage(rapid.OneOf(rapid.SampledFrom(allStates()), rapid.SampledFrom([]string{"", "2WW", "CANCER"}), rapid.String()).Draw(t, "state"),
			referral.Phase(rapid.SampledFrom([]string{"", "booked", "with_service", "oncology"}).Draw(t, "phase")))
	})
	kinds := []referral.ChangeKind{
		referral.ChangeNew, referral.ChangeState, referral.ChangeAppointment, referral.ChangeCancelled, referral.ChangeReview, referral.ChangeGone,
	}
	rapid.Check(t, func(rt *rapid.T) {
		c := referral.Change{
			ID: "id", ReferralID: anyReferral, Kind: rapid.SampledFrom(kinds).Draw(rt, "kind"), At: now(),
			From: anyStage.Draw(rt, "from"), To: anyStage.Draw(rt, "to"), Start: anyInstant().Draw(rt, "start"), DueBy: anyDay().Draw(rt, "due"),
		}
		got := timeline.TellChanges([]referral.Change{c}, vs.Set, wording.English)[0]
		if got.Title.String() == "" || got.Detail != nil && got.Detail.String() == "" {
			rt.Fatalf("without words: %+v", got)
		}
		squeezed := squeeze(encode(t, got))
		for _, label := range labels() {
			if strings.Contains(squeezed, label) {
				rt.Fatalf("%s in %s", label, encode(t, got))
			}
		}
	})
}
