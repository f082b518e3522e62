package timeline_test

import (
	"slices"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/referral"
	"github.com/patient-care-aggregator/aggregator/internal/timeline"
	"github.com/patient-care-aggregator/aggregator/internal/wording"
)

func TestOrder(t *testing.T) {
	named := func(f referral.Facts, id string) referral.Facts { f.ID = id; return f }
	booked := func(days int) referral.Facts {
		return atService(referral.StateBooked, func(f *referral.Facts) { f.Appointment = appointment(now().AddDate(0, 0, days), 0) })
	}
	facts := []referral.Facts{
		named(atService(referral.StateReviewed, nil), "undated-b"),
		named(booked(30), "booked-later"),
		named(atService(referral.StateReviewed, nil), "undated-a"),
		named(booked(3), "booked-soon"),
		named(atService(referral.StateAwaitingTriage, func(f *referral.Facts) { f.Review = review(referral.ReviewTriage, 2026, time.January, 28) }), "review-between"),
		named(cardiology(nil), "needs-you"),
	}
	got := build(facts, valueSets(t), wording.English, now())
	t.Run("what needs the citizen is first, then the nearest date, then ids", func(t *testing.T) {
		var ids []string
		for _, r := range got.Referrals {
			ids = append(ids, r.ID)
		}
		want := []string{"needs-you", "booked-soon", "review-between", "booked-later", "undated-a", "undated-b"}
		if !slices.Equal(ids, want) {
			t.Errorf("got %v, want %v", ids, want)
		}
	})
	t.Run("events are past, present, future", func(t *testing.T) {
		stage := 0
		for _, e := range got.Events {
			now := 0
			switch {
			case e.Upcoming:
				now = 2
			case e.At == nil:
				now = 1
			}
			if now < stage {
				t.Errorf("%s %q stands after a later stage", e.Kind, e.Title)
			}
			stage = now
		}
	})
	t.Run("event ids are unique and the same in every language", func(t *testing.T) {
		welsh := build(facts, valueSets(t), wording.Welsh, now())
		seen := map[string]bool{}
		for i, e := range got.Events {
			if seen[e.ID] {
				t.Errorf("%s twice", e.ID)
			}
			seen[e.ID] = true
			if welsh.Events[i].ID != e.ID {
				t.Errorf("event %d has another id in Welsh", i)
			}
		}
	})
	t.Run("the next appointment is the nearest", func(t *testing.T) {
		if want := "2026-01-23T10:00:00+00:00"; text(got.Summary.NextAppointment) != want {
			t.Errorf("got %s, want %s", text(got.Summary.NextAppointment), want)
		}
	})
}

func TestDuplicates(t *testing.T) {
	vs := valueSets(t)
	build := func(facts ...referral.Facts) timeline.Timeline {
		return build(facts, vs, wording.English, now())
	}
	poor := referral.Facts{Source: "ers-01", ID: "referralAAAAAAAAAAAAAA", Priority: "ROUTINE", State: referral.StateAwaitingTriage}
	rich := atService(referral.StateAwaitingTriage, nil)
	rich.Version = ""
	t.Run("the fullest is told and the others are counted", func(t *testing.T) {
		got := build(poor, rich, poor)
		if len(got.Referrals) != 1 || got.Counts.Duplicates != 2 || got.Referrals[0].Service == nil {
			t.Errorf("%d referrals, %d duplicates", len(got.Referrals), got.Counts.Duplicates)
		}
	})
	t.Run("a newer version wins over a fuller old one", func(t *testing.T) {
		older := atService(referral.StateBooked, func(f *referral.Facts) { f.Version, f.Appointment = "9", appointment(now().AddDate(0, 0, 5), 0) })
		newer := poor
		newer.Version, newer.State = "10", referral.StateCancelledByProvider
		if got := build(older, newer); got.Referrals[0].State.Code != referral.StateCancelledByProvider {
			t.Errorf("an old booking hid the cancellation: %s", got.Referrals[0].State.Code)
		}
	})
	t.Run("two different referrals without an id are two", func(t *testing.T) {
		a, b := rich, rich
		a.ID, b.ID, b.BookingReference = "", "", "000049973242"
		got := build(a, b)
		if len(got.Referrals) != 2 || got.Referrals[0].ManageURL != nil {
			t.Errorf("%d referrals, manage link %s", len(got.Referrals), text(got.Referrals[0].ManageURL))
		}
	})
}

func TestSummary(t *testing.T) {
	vs := valueSets(t)
	waiting := atService(referral.StateReviewed, nil)
	yours := cardiology(nil)
	yours.ID = "another"
	yours2 := yours
	yours2.ID = "athird"
	for want, facts := range map[string][]referral.Facts{
		"You have no referrals to show":        nil,
		"You do not need to do anything now":   {waiting},
		"1 referral needs you to do something": {waiting, yours},
		"2 referrals need you to do something": {waiting, yours, yours2},
	} {
		if got := build(facts, vs, wording.English, now()).Summary.Text; got.String() != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	t.Run("what is not certain is not said", func(t *testing.T) {
		unknown, gone := atService("SOMETHING_NEW", nil), atService(referral.StateBooked, func(f *referral.Facts) {
			f.Appointment = appointment(now().Add(-time.Hour), 20*time.Minute)
		})
		unknown.ID = "unknown"
		failed := []referral.Source{{ID: "one", Status: "ok"}, {ID: "two", Status: "failed"}}
		unread := []referral.Notice{{Code: "unreadable_item", Count: 1}}
		const uncertain, missing = "Look at each referral to see if you need to do anything", "We cannot show your referrals right now"
		for name, c := range map[string]struct {
			in   timeline.Input
			want string
		}{
			"a source failed":              {timeline.Input{Facts: []referral.Facts{waiting}, Sources: failed}, uncertain},
			"an older reading":             {timeline.Input{Facts: []referral.Facts{waiting}, Sources: []referral.Source{{ID: "one", Status: "stale"}}}, uncertain},
			"something unreadable":         {timeline.Input{Facts: []referral.Facts{waiting}, Notices: unread}, uncertain},
			"an unknown state":             {timeline.Input{Facts: []referral.Facts{waiting, unknown}}, uncertain},
			"a date that has passed":       {timeline.Input{Facts: []referral.Facts{gone}}, uncertain},
			"nothing, and a source failed": {timeline.Input{Sources: failed}, missing},
			"nothing readable":             {timeline.Input{Notices: unread}, missing},
			"you act all the same":         {timeline.Input{Facts: []referral.Facts{yours}, Sources: failed}, "1 referral needs you to do something"},
			"all is well":                  {timeline.Input{Facts: []referral.Facts{waiting}, Sources: failed[:1]}, "You do not need to do anything now"},
		} {
			if got := timeline.Build(c.in, vs.Set, vs.policy, wording.English, now()).Summary.Text.String(); got != c.want {
				t.Errorf("%s: got %q, want %q", name, got, c.want)
			}
		}
	})
	t.Run("an empty timeline has arrays and not null", func(t *testing.T) {
		want := "{\n  \"summary\": {\n    \"needsAction\": 0,\n    \"certain\": true,\n    \"nextAppointment\": null,\n    \"nextAppointmentText\": null,\n    \"nextReferralId\": null,\n    \"text\": \"You have no referrals to show\"\n  },\n  \"referrals\": [],\n  \"orphans\": [],\n  \"events\": []\n}\n"
		if got := encode(t, build(nil, vs, wording.English, now())); got != want {
			t.Errorf("got %s", got)
		}
	})
}
