package timeline_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/patient-care-aggregator/aggregator/internal/timeline"
)

func stage(state string, phase timeline.Phase) timeline.Stage {
	return timeline.Stage{State: state, Phase: phase}
}

func TestTellChanges(t *testing.T) {
	vs := valueSets(t)
	start := time.Date(2026, time.August, 5, 13, 30, 0, 0, time.UTC)
	notBooked := stage(timeline.StateNotBooked, timeline.PhaseReferred)
	waiting := stage(timeline.StateAwaitingTriage, timeline.PhaseWithService)
	booked := stage(timeline.StateBooked, timeline.PhaseBooked)
	for name, tt := range map[string]struct {
		change        timeline.Change
		from, to      string
		title, detail string
	}{
		"a new referral": {
			timeline.Change{Kind: timeline.ChangeNew, To: notBooked},
			"<null>", "NOT_BOOKED", "New in your list of referrals", "Ready to book",
		},
		"a new state": {
			timeline.Change{Kind: timeline.ChangeState, From: notBooked, To: waiting},
			"NOT_BOOKED", "AWAITING_TRIAGE", "Being reviewed", "Before this: Ready to book",
		},
		"a booking": {
			timeline.Change{Kind: timeline.ChangeState, From: waiting, To: booked, Start: &start},
			"AWAITING_TRIAGE", "BOOKED", "Appointment booked", "Your appointment was set for Wednesday 5 August 2026 at 2:30pm",
		},
		"a booking whose date is to come": {
			timeline.Change{Kind: timeline.ChangeState, From: waiting, To: stage(timeline.StateBooked, timeline.PhaseWithService)},
			"AWAITING_TRIAGE", "BOOKED", "Appointment being arranged", "Before this: Being reviewed",
		},
		"another date": {
			timeline.Change{Kind: timeline.ChangeAppointment, From: booked, To: booked, Start: &start},
			"BOOKED", "BOOKED", "Your appointment was set for Wednesday 5 August 2026 at 2:30pm", "<null>",
		},
		"a cancellation": {
			timeline.Change{Kind: timeline.ChangeCancelled, From: booked, To: stage(timeline.StateCancelledByProvider, timeline.PhaseCancelled)},
			"BOOKED", "APPOINTMENT_CANCELLED_BY_PROVIDER", "Appointment cancelled by the hospital", "Before this: Appointment booked",
		},
		"another day for a review": {
			timeline.Change{Kind: timeline.ChangeReview, From: waiting, To: waiting, DueBy: timeline.Date{Year: 2026, Month: time.May, Day: 6}},
			"AWAITING_TRIAGE", "AWAITING_TRIAGE", "Hospital staff now aim to act by Wednesday 6 May 2026", "<null>",
		},
		"one that is gone": {
			timeline.Change{Kind: timeline.ChangeGone, From: waiting},
			"AWAITING_TRIAGE", "<null>", "No longer in your list of referrals", "If you did not expect this, phone your GP surgery.",
		},
		"codes that nobody knows": {
			timeline.Change{Kind: timeline.ChangeState, From: stage("CANCER_TRACKING", "2ww"), To: stage("2WW", "booked"), Start: &start},
			"UNKNOWN", "UNKNOWN", "Referral in progress", "Before this: Referral in progress",
		},
	} {
		t.Run(name, func(t *testing.T) {
			tt.change.ID, tt.change.ReferralID, tt.change.At = "id", anyReferral, time.Date(2026, time.July, 1, 23, 30, 0, 0, time.UTC)
			got := timeline.TellChanges([]timeline.Change{tt.change}, vs, timeline.English)[0]
			if text(got.From) != tt.from || text(got.To) != tt.to || got.Title != tt.title || text(got.Detail) != tt.detail {
				t.Errorf("from %s to %s: %q, %q", text(got.From), text(got.To), got.Title, text(got.Detail))
			}
			if got.At != "2026-07-02T00:30:00+01:00" || got.DisplayDate != "Thursday 2 July 2026" {
				t.Errorf("at %s, %s", got.At, got.DisplayDate)
			}
		})
	}
	t.Run("none is an empty list and not null", func(t *testing.T) {
		if got := encode(t, timeline.TellChanges(nil, vs, timeline.English)); got != "[]\n" {
			t.Error(got)
		}
	})
	t.Run("a Welsh sentence holds no English words", func(t *testing.T) {
		change := timeline.Change{Kind: timeline.ChangeState, From: stage(timeline.StateReviewed, timeline.PhaseWithService), To: notBooked}
		got := timeline.TellChanges([]timeline.Change{change}, vs, timeline.Welsh)[0]
		if got.Title != "Barod i drefnu apwyntiad" || text(got.Detail) != "Before this: Reviewed: next step being arranged" {
			t.Errorf("%q, %q", got.Title, text(got.Detail))
		}
	})
}

func TestAnyChangeIsToldWithoutALabel(t *testing.T) {
	vs := valueSets(t)
	anyStage := rapid.Custom(func(t *rapid.T) timeline.Stage {
		return stage(rapid.OneOf(rapid.SampledFrom(allStates()), rapid.SampledFrom([]string{"", "2WW", "CANCER"}), rapid.String()).Draw(t, "state"),
			timeline.Phase(rapid.SampledFrom([]string{"", "booked", "with_service", "oncology"}).Draw(t, "phase")))
	})
	kinds := []timeline.ChangeKind{
		timeline.ChangeNew, timeline.ChangeState, timeline.ChangeAppointment, timeline.ChangeCancelled, timeline.ChangeReview, timeline.ChangeGone,
	}
	rapid.Check(t, func(rt *rapid.T) {
		c := timeline.Change{
			ID: "id", ReferralID: anyReferral, Kind: rapid.SampledFrom(kinds).Draw(rt, "kind"), At: now(),
			From: anyStage.Draw(rt, "from"), To: anyStage.Draw(rt, "to"), Start: anyInstant().Draw(rt, "start"), DueBy: anyDay().Draw(rt, "due"),
		}
		got := timeline.TellChanges([]timeline.Change{c}, vs, timeline.English)[0]
		if got.Title == "" || got.Detail != nil && *got.Detail == "" {
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
