package tests_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/sandbox"
	"github.com/patient-care-aggregator/aggregator/tests/harness"
)

func TestOneReferralIsThatOfTheTimeline(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	b := s.Consented("sunny")
	all := harness.Read[struct{ Referrals []json.RawMessage }](t, b.Get("/v1/timeline").Body).Referrals
	listed := harness.Read[struct{ Referrals []json.RawMessage }](t, b.Get("/v1/referrals").Body).Referrals
	for i, raw := range all {
		if string(listed[i]) != string(raw) {
			t.Errorf("referral %d of the list is not that of the timeline", i)
		}
		a := b.Get("/v1/referrals/" + harness.Read[referral](t, raw).ID)
		harness.Answered(t, a, http.StatusOK)
		if one := harness.Read[struct{ Referral json.RawMessage }](t, a.Body).Referral; string(one) != string(raw) {
			t.Errorf("by its id it is %s, in the timeline %s", one, raw)
		}
		harness.Answered(t, b.Get("/v1/referrals/"+harness.Read[referral](t, raw).ID, "If-None-Match", a.Header.Get("ETag")), http.StatusNotModified)
	}
}

func TestAnotherCitizensIDsAreWorthNothing(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	bella, sunny := s.Consented("bella"), s.Consented("sunny")
	r := harness.Read[struct {
		Referrals []struct {
			ID          string
			Appointment struct{ ID string }
		}
	}](t, bella.Get("/v1/timeline").Body).Referrals[0]
	for _, path := range []string{
		"/v1/referrals/" + r.ID, "/v1/referrals/" + r.ID + "/manage", "/v1/appointments/" + r.Appointment.ID + "/calendar.ics",
		"/v1/referrals/no-such", "/v1/appointments/no-such/calendar.ics", "/v1/appointments/" + r.ID + "/calendar.ics",
	} {
		harness.Refused(t, sunny.Get(path), http.StatusNotFound, "not_found")
	}
	harness.Refused(t, sunny.Post("/v1/referrals/"+r.ID+"/manage", nil), http.StatusNotFound, "not_found")
	harness.Answered(t, bella.Get("/v1/referrals/"+r.ID), http.StatusOK)
}

func TestIDsAreStableForACitizenAndDifferentElsewhere(t *testing.T) {
	t.Parallel()
	first, second := harness.Start(t), harness.Start(t)
	ids := func(s *harness.Service, name string) []string {
		var all []string
		for _, r := range harness.Read[view](t, s.Consented(name).Get("/v1/timeline").Body).Referrals {
			all = append(all, r.ID)
		}
		return all
	}
	again := first.SignedIn("bella") // on another device
	mine := ids(first, "bella")
	if got := harness.Read[view](t, again.Get("/v1/timeline").Body).Referrals[0].ID; got != mine[0] {
		t.Errorf("on another device it is %s, not %s", got, mine[0])
	}
	if elsewhere := ids(second, "bella"); slices.Equal(mine, elsewhere) {
		t.Error("two deployments give the same id: it follows from something other than the citizen's own secret")
	}
}

func TestAReferralThatCouldBeAmongWhatIsMissingIsNotCalledUnknown(t *testing.T) {
	t.Parallel()
	b := harness.Start(t).Consented("gus") // one entry of his cannot be read
	a := b.Get("/v1/referrals/AAAAAAAAAAAAAAAAAAAAAA")
	harness.Refused(t, a, http.StatusServiceUnavailable, "unknown_while_incomplete")
}

func TestAppointmentsComeInOrderAndByDay(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	type shown struct {
		ID, ReferralID           string
		Date, Start, CalendarURL *string
		HasPassed                bool
	}
	list := func(b *harness.Browser, path string) []shown {
		a := b.Get(path)
		harness.Answered(t, a, http.StatusOK)
		return harness.Read[struct{ Appointments []shown }](t, a.Body).Appointments
	}
	octavia := s.Consented("octavia")
	all := list(octavia, "/v1/appointments")
	if len(all) != 4 || !slices.IsSortedFunc(all, func(a, b shown) int { return strings.Compare(*a.Date, *b.Date) }) {
		t.Errorf("octavia's are %+v", all)
	}
	// The clocks go back between these two: both ends are London days.
	if got := list(octavia, "/v1/appointments?from=2026-10-25&to=2026-10-26"); len(got) != 3 {
		t.Errorf("%d between the days, want 3", len(got))
	}
	if got := list(octavia, "/v1/appointments?status=past"); len(got) != 0 {
		t.Errorf("%d have passed, want none", len(got))
	}
	pasha := s.Consented("pasha")
	if got := list(pasha, "/v1/appointments?status=past"); len(got) != 1 || !got[0].HasPassed {
		t.Errorf("pasha's are %+v", got)
	}
	indira := s.Consented("indira") // the date is still to come
	if got := list(indira, "/v1/appointments?status=upcoming"); len(got) != 1 || got[0].Start != nil || got[0].CalendarURL != nil {
		t.Errorf("indira's are %+v", got)
	}
	if got := list(indira, "/v1/appointments?from=2026-01-01"); len(got) != 0 {
		t.Errorf("a day was asked for, and %d without one came", len(got))
	}
	for _, wrong := range []string{"from=yesterday", "to=2026-02-30", "from=2026-03-02T10:00:00Z", "status=all", "from=2026-03-02&to=2026-03-01"} {
		harness.Refused(t, indira.Get("/v1/appointments?"+wrong), http.StatusBadRequest, "bad_request")
	}
}

func TestACalendarFileHoldsTheInstantAndNoClinicalWord(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	type listed struct{ Appointments []struct{ ID string } }
	for citizen, instant := range map[string]string{
		"bella":  "DTSTART:20260311T143000Z", // winter
		"summer": "DTSTART:20260715T133000Z", // 2:30pm in summer
	} {
		t.Run(citizen, func(t *testing.T) {
			b := s.Consented(citizen).In(t)
			a := b.Get("/v1/appointments/" + harness.Read[listed](t, b.Get("/v1/appointments").Body).Appointments[0].ID + "/calendar.ics")
			harness.Answered(t, a, http.StatusOK)
			file := string(a.Body)
			if !strings.Contains(file, instant) {
				t.Errorf("no %s in %s", instant, file)
			}
			for _, word := range []string{"cardiology", "heart", "directly bookable"} {
				if strings.Contains(strings.ToLower(file), word) {
					t.Errorf("a calendar is shared, and this one says %q", word)
				}
			}
		})
	}
	t.Run("there is none before there is a date", func(t *testing.T) {
		b := s.Consented("indira").In(t)
		id := harness.Read[listed](t, b.Get("/v1/appointments").Body).Appointments[0].ID
		harness.Refused(t, b.Get("/v1/appointments/"+id+"/calendar.ics"), http.StatusConflict, "conflict")
	})
}

func TestManageYourReferralIsOneStepAwayAndThenNothingIsOld(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	b := s.Consented("bella")
	r := harness.Read[struct {
		Referrals []struct{ ManageURL string }
	}](t, b.Get("/v1/timeline").Body).Referrals[0]

	opened := b.Get(r.ManageURL)
	harness.Answered(t, opened, http.StatusFound)
	there := parse(t, opened.Header.Get("Location"))
	if there.Host != "refer.nhs.uk" && there.Host != host(t, s.Sandbox.URL()) {
		t.Errorf("leads to %s", there.Host)
	}
	link := harness.Read[struct{ URL string }](t, b.Post(r.ManageURL, nil).Body)
	if parse(t, link.URL).Host != there.Host {
		t.Errorf("an app's link leads to %s, a browser to %s", link.URL, there.Host)
	}
	if n := len(entriesOf(s, "data_released")); n != 3 { // the timeline and two links
		t.Errorf("%d releases stand in the log, want 3", n)
	}

	s.Sandbox.ForgetRequests()
	for range 2 {
		s.Clock.Advance(10 * time.Second)
		harness.Answered(t, b.Get("/v1/timeline"), http.StatusOK)
	}
	if n := len(s.Asked(sandbox.ERS, "ServiceRequest")); n != 2 {
		t.Errorf("e-RS was asked %d times, want each time: the citizen may be changing it there", n)
	}
	s.Clock.Advance(29 * time.Minute)
	harness.Answered(t, b.Get("/v1/timeline"), http.StatusOK)
	s.Clock.Advance(2 * time.Minute)
	harness.Answered(t, b.Get("/v1/timeline"), http.StatusOK)
	s.Sandbox.ForgetRequests()
	harness.Answered(t, b.Get("/v1/timeline"), http.StatusOK)
	if n := len(s.Asked(sandbox.ERS, "ServiceRequest")); n != 0 {
		t.Errorf("half an hour later e-RS was still asked each time")
	}
}

func TestWhatHasNoReferralIsShown(t *testing.T) {
	t.Parallel()
	b := harness.Start(t).Consented("orla")
	for _, path := range []string{"/v1/timeline", "/v1/referrals"} {
		a := b.Get(path)
		harness.Answered(t, a, http.StatusMultiStatus)
		orphans := harness.Read[struct {
			Orphans []struct {
				NextStep    string
				Appointment *struct{ Date, DisplayTime *string }
				Review      *struct{ DueBy *string }
				Contact     struct{ Phone *string }
			}
		}](t, a.Body).Orphans
		if len(orphans) != 2 {
			t.Fatalf("%s: %d orphans in %s", path, len(orphans), a.Body)
		}
		// The review is due in 4 days, the appointment is in 15.
		review, appointment := orphans[0], orphans[1]
		if review.Review == nil || review.Review.DueBy == nil || review.Appointment != nil {
			t.Errorf("%s: %+v", path, review)
		}
		if appointment.Appointment == nil || appointment.Appointment.Date == nil || *appointment.Appointment.DisplayTime != "3pm" || appointment.Review != nil {
			t.Errorf("%s: %+v", path, appointment)
		}
		for _, o := range orphans {
			if o.Contact.Phone == nil || !strings.Contains(o.NextStep, *o.Contact.Phone) {
				t.Errorf("%s: nobody can be phoned: %+v", path, o)
			}
		}
	}
	page := string(b.Get("/timeline", "Accept", "text/html").Body)
	if !strings.Contains(page, "An appointment that we cannot match to a referral") || !strings.Contains(page, " at 3pm") {
		t.Error("the page does not show them")
	}
}
