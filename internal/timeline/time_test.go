package timeline_test

import (
	"strings"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/referral"
	"github.com/patient-care-aggregator/aggregator/internal/timeline"
	"github.com/patient-care-aggregator/aggregator/internal/wording"
)

func TestOverdueBeginsTheLondonDayAfter(t *testing.T) {
	// 29 March 2026 is the day on which the clocks go forward; the next London
	// midnight is 23:00 UTC.
	f := atService(referral.StateAwaitingTriage, func(f *referral.Facts) {
		f.Review = review(referral.ReviewTriage, 2026, time.March, 29)
	})
	midnight := time.Date(2026, time.March, 29, 23, 0, 0, 0, time.UTC)
	t.Run("not at the last moment of the due day", func(t *testing.T) {
		got := one(t, f, midnight.Add(-time.Nanosecond))
		if got.Review.Overdue || got.State.WhoActs != referral.ByHospital {
			t.Errorf("overdue %t, who acts %s", got.Review.Overdue, got.State.WhoActs)
		}
	})
	t.Run("at London midnight, and then the citizen acts", func(t *testing.T) {
		got := one(t, f, midnight)
		if !got.Review.Overdue || got.State.WhoActs != referral.You {
			t.Errorf("overdue %t, who acts %s", got.Review.Overdue, got.State.WhoActs)
		}
	})
	t.Run("and the timeline said that it would change then", func(t *testing.T) {
		got := build([]referral.Facts{f}, valueSets(t), wording.English, now())
		if !got.ChangesAt.Equal(midnight) {
			t.Errorf("changes at %v, want %v", got.ChangesAt, midnight)
		}
	})
}

func TestAppointmentPasses(t *testing.T) {
	start := time.Date(2026, time.August, 5, 13, 30, 0, 0, time.UTC)
	passedAt := func(t *testing.T, a *referral.Appointment, at time.Time) bool {
		t.Helper()
		return one(t, atService(referral.StateBooked, func(f *referral.Facts) { f.Appointment = a }), at).Appointment.HasPassed
	}
	t.Run("at its end, where the end is known", func(t *testing.T) {
		a := appointment(start, 20*time.Minute)
		if passedAt(t, a, start.Add(19*time.Minute)) || !passedAt(t, a, start.Add(20*time.Minute)) {
			t.Error("not at the end")
		}
	})
	t.Run("at its start, where no end is known", func(t *testing.T) {
		a := appointment(start, 0)
		if passedAt(t, a, start.Add(-time.Second)) || !passedAt(t, a, start) {
			t.Error("not at the start")
		}
	})
	t.Run("at its start, where the end makes no sense", func(t *testing.T) {
		for _, length := range []time.Duration{-time.Hour, 25 * time.Hour, 50 * 365 * 24 * time.Hour} {
			end := start.Add(length)
			a := &referral.Appointment{ID: "a", Start: &start, End: &end}
			if !passedAt(t, a, start) {
				t.Errorf("an end %v after the start was believed", length)
			}
		}
	})
	t.Run("and is then no longer the next appointment", func(t *testing.T) {
		f := atService(referral.StateBooked, func(f *referral.Facts) { f.Appointment = appointment(start, 0) })
		got := build([]referral.Facts{f}, valueSets(t), wording.English, start)
		if got.Summary.NextAppointment != nil || got.Referrals[0].State.Phase != referral.PhasePassed {
			t.Errorf("next appointment %s, phase %s", text(got.Summary.NextAppointment), got.Referrals[0].State.Phase)
		}
	})
}

func TestADayWithoutATimeIsPastWhenItIsOver(t *testing.T) {
	day := time.Date(2026, time.July, 31, 23, 0, 0, 0, time.UTC) // 1 August in London
	end := day.AddDate(0, 0, 1)
	f := atService(referral.StateBooked, func(f *referral.Facts) { f.Appointment = appointment(day, 0) })
	before := build([]referral.Facts{f}, valueSets(t), wording.English, end.Add(-1))
	r, a := before.Referrals[0], before.Referrals[0].Appointment
	if a.HasPassed || text(a.Date) != "2026-08-01" || a.Start != nil || r.State.Description.String() != "Your appointment is on Saturday 1 August 2026. We do not have the time." {
		t.Errorf("%+v, %q", a, r.State.Description)
	}
	if s := before.Summary; s.NextAppointment != nil || words(s.NextAppointmentText) != "Saturday 1 August 2026" || text(s.NextReferralID) != r.ID {
		t.Errorf("%+v", s)
	}
	if !before.ChangesAt.Equal(end) {
		t.Errorf("changes at %v, want %v", before.ChangesAt, end)
	}
	if r := one(t, f, end); !r.Appointment.HasPassed || r.State.Phase != referral.PhasePassed {
		t.Errorf("%+v", r.Appointment)
	}
}

func TestLondonTimeWhateverTheOffset(t *testing.T) {
	tokyo := time.FixedZone("", 9*3600)
	for name, tt := range map[string]struct {
		start            time.Time
		rfc, date, clock string
	}{
		"summer":                          {time.Date(2025, 8, 6, 13, 30, 0, 0, time.UTC), "2025-08-06T14:30:00+01:00", "Wednesday 6 August 2025", "2:30pm"},
		"winter shows its offset too":     {time.Date(2026, 1, 14, 9, 0, 0, 0, time.UTC), "2026-01-14T09:00:00+00:00", "Wednesday 14 January 2026", "9am"},
		"another zone":                    {time.Date(2026, 1, 15, 2, 5, 0, 0, tokyo), "2026-01-14T17:05:00+00:00", "Wednesday 14 January 2026", "5:05pm"},
		"midday":                          {time.Date(2026, 1, 14, 12, 0, 0, 0, time.UTC), "2026-01-14T12:00:00+00:00", "Wednesday 14 January 2026", "midday"},
		"midnight of UTC":                 {time.Date(2026, 7, 14, 0, 0, 0, 0, time.UTC), "<null>", "Tuesday 14 July 2026", "<null>"},
		"midnight":                        {time.Date(2026, 7, 13, 23, 0, 0, 0, time.UTC), "<null>", "Tuesday 14 July 2026", "<null>"},
		"the hour before clocks go on":    {time.Date(2026, 3, 29, 0, 30, 0, 0, time.UTC), "2026-03-29T00:30:00+00:00", "Sunday 29 March 2026", "12:30am"},
		"the hour after":                  {time.Date(2026, 3, 29, 1, 30, 0, 0, time.UTC), "2026-03-29T02:30:00+01:00", "Sunday 29 March 2026", "2:30am"},
		"the first of two half past ones": {time.Date(2026, 10, 25, 0, 30, 0, 0, time.UTC), "2026-10-25T01:30:00+01:00", "Sunday 25 October 2026", "1:30am"},
		"the second of them":              {time.Date(2026, 10, 25, 1, 30, 0, 0, time.UTC), "2026-10-25T01:30:00+00:00", "Sunday 25 October 2026", "1:30am"},
	} {
		t.Run(name, func(t *testing.T) {
			a := one(t, atService(referral.StateBooked, func(f *referral.Facts) { f.Appointment = appointment(tt.start, 0) }), now()).Appointment
			if text(a.Start) != tt.rfc || words(a.DisplayDate) != tt.date || words(a.DisplayTime) != tt.clock {
				t.Errorf("%s, %s, %s; want %s, %s, %s", text(a.Start), words(a.DisplayDate), words(a.DisplayTime), tt.rfc, tt.date, tt.clock)
			}
		})
	}
}

func TestCancelledAppointments(t *testing.T) {
	start := time.Date(2026, time.August, 5, 13, 30, 0, 0, time.UTC)
	for _, state := range []string{referral.StateCancelledToRearrange, referral.StateCancelledByPatient, referral.StateCancelledByProvider} {
		f := atService(state, func(f *referral.Facts) { f.Appointment = appointment(start, 0) })
		got := build([]referral.Facts{f}, valueSets(t), wording.English, now())
		t.Run("a cancelled appointment is never shown as booked: "+state, func(t *testing.T) {
			if got.Referrals[0].Appointment != nil || got.Summary.NextAppointment != nil {
				t.Error("an app would take it for valid")
			}
		})
		t.Run("but its date is not dropped: "+state, func(t *testing.T) {
			for _, e := range got.Events {
				if e.Kind == timeline.EventAppointment {
					if e.Upcoming || e.Title.String() != "This appointment was cancelled" {
						t.Errorf("upcoming %t, title %q", e.Upcoming, e.Title)
					}
					return
				}
			}
			t.Error("no event tells the date")
		})
	}
}

func TestAnAppointmentAgainstItsStateIsShownAndTheCitizenToldToCheck(t *testing.T) {
	start := time.Date(2026, time.August, 5, 13, 30, 0, 0, time.UTC)
	f := atService(referral.StateRejected, func(f *referral.Facts) { f.Appointment = appointment(start, 0) })
	got := build([]referral.Facts{f}, valueSets(t), wording.English, now())
	r := got.Referrals[0]
	if r.Appointment == nil || r.State.WhoActs != referral.You || !strings.Contains(r.State.NextStep.String(), "Phone Leeds Teaching Hospitals NHS Trust on 0113 496 0001 to check") {
		t.Errorf("appointment %v, who acts %s, next step %q", r.Appointment, r.State.WhoActs, r.State.NextStep)
	}
	if got.Counts.Contradictions != 1 {
		t.Errorf("%d contradictions counted, want 1", got.Counts.Contradictions)
	}
}

func TestAPhoneAppointmentSendsNobodyToTheHospital(t *testing.T) {
	start := time.Date(2026, time.August, 5, 13, 30, 0, 0, time.UTC)
	for _, priority := range []string{"ROUTINE", "TWO_WEEK_WAIT"} {
		r := one(t, atService(referral.StateBooked, func(f *referral.Facts) {
			f.Priority, f.Service.Type, f.Appointment = priority, "TELEPHONE_ASSESSMENT", appointment(start, 0)
		}), now())
		if !strings.Contains(r.State.NextStep.String(), "will phone you") {
			t.Errorf("%s: next step %q", priority, r.State.NextStep)
		}
		for _, e := range r.Events {
			if e.Kind == timeline.EventAppointment && e.Detail != nil {
				t.Errorf("%s: the event names a place: %q", priority, *e.Detail)
			}
		}
		file, err := calendarFile(r, now())
		if err != nil || strings.Contains(string(file), "LOCATION") {
			t.Errorf("%s: error %v, calendar names a place", priority, err)
		}
	}
}

func TestSenselessDaysCountAsNotGiven(t *testing.T) {
	f := atService(referral.StateAwaitingTriage, func(f *referral.Facts) {
		f.ReferredOn = referral.Date{Year: 2026, Month: 2, Day: 30}
		f.Review = review(referral.ReviewTriage, 99999, 1, 1)
	})
	got := build([]referral.Facts{f}, valueSets(t), wording.English, now())
	r := got.Referrals[0]
	if r.ReferredOn != nil || r.Review.DueBy != nil || r.Review.Overdue {
		t.Errorf("referred on %s, due by %s, overdue %t", text(r.ReferredOn), text(r.Review.DueBy), r.Review.Overdue)
	}
	if n := got.Counts.Unknown[timeline.CodeDate]; n != 2 {
		t.Errorf("%d counted, want 2", n)
	}
}
