package tests_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/sandbox"
)

func TestOneReferralIsThatOfTheTimeline(t *testing.T) {
	t.Parallel()
	s := start(t)
	b := s.consented("sunny")
	all := read[struct{ Referrals []json.RawMessage }](t, b.get("/v1/timeline").Body).Referrals
	listed := read[struct{ Referrals []json.RawMessage }](t, b.get("/v1/referrals").Body).Referrals
	for i, raw := range all {
		if string(listed[i]) != string(raw) {
			t.Errorf("referral %d of the list is not that of the timeline", i)
		}
		a := b.get("/v1/referrals/" + read[referral](t, raw).ID)
		answered(t, a, http.StatusOK)
		if one := read[struct{ Referral json.RawMessage }](t, a.Body).Referral; string(one) != string(raw) {
			t.Errorf("by its id it is %s, in the timeline %s", one, raw)
		}
		answered(t, b.get("/v1/referrals/"+read[referral](t, raw).ID, "If-None-Match", a.Header.Get("ETag")), http.StatusNotModified)
	}
}

func TestAnotherCitizensIDsAreWorthNothing(t *testing.T) {
	t.Parallel()
	s := start(t)
	bella, sunny := s.consented("bella"), s.consented("sunny")
	r := read[struct {
		Referrals []struct {
			ID          string
			Appointment struct{ ID string }
		}
	}](t, bella.get("/v1/timeline").Body).Referrals[0]
	for _, path := range []string{
		"/v1/referrals/" + r.ID, "/v1/referrals/" + r.ID + "/manage", "/v1/appointments/" + r.Appointment.ID + "/calendar.ics",
		"/v1/referrals/no-such", "/v1/appointments/no-such/calendar.ics", "/v1/appointments/" + r.ID + "/calendar.ics",
	} {
		refused(t, sunny.get(path), http.StatusNotFound, "not_found")
	}
	refused(t, sunny.post("/v1/referrals/"+r.ID+"/manage", nil), http.StatusNotFound, "not_found")
	answered(t, bella.get("/v1/referrals/"+r.ID), http.StatusOK)
}

func TestIDsAreStableForACitizenAndDifferentElsewhere(t *testing.T) {
	t.Parallel()
	first, second := start(t), start(t)
	ids := func(s *service, name string) []string {
		var all []string
		for _, r := range read[view](t, s.consented(name).get("/v1/timeline").Body).Referrals {
			all = append(all, r.ID)
		}
		return all
	}
	again := first.signedIn("bella") // on another device
	mine := ids(first, "bella")
	if got := read[view](t, again.get("/v1/timeline").Body).Referrals[0].ID; got != mine[0] {
		t.Errorf("on another device it is %s, not %s", got, mine[0])
	}
	if elsewhere := ids(second, "bella"); slices.Equal(mine, elsewhere) {
		t.Error("two deployments give the same id: it follows from something other than the citizen's own secret")
	}
}

func TestAReferralThatCouldBeAmongWhatIsMissingIsNotCalledUnknown(t *testing.T) {
	t.Parallel()
	b := start(t).consented("gus") // one entry of his cannot be read
	a := b.get("/v1/referrals/AAAAAAAAAAAAAAAAAAAAAA")
	refused(t, a, http.StatusServiceUnavailable, "service_unavailable")
}

func TestAppointmentsComeInOrderAndByDay(t *testing.T) {
	t.Parallel()
	s := start(t)
	type shown struct {
		ID, ReferralID     string
		Start, CalendarURL *string
		HasPassed          bool
	}
	list := func(b *browser, path string) []shown {
		a := b.get(path)
		answered(t, a, http.StatusOK)
		return read[struct{ Appointments []shown }](t, a.Body).Appointments
	}
	octavia := s.consented("octavia")
	all := list(octavia, "/v1/appointments")
	if len(all) != 4 || !slices.IsSortedFunc(all, func(a, b shown) int { return strings.Compare(*a.Start, *b.Start) }) {
		t.Errorf("octavia's are %+v", all)
	}
	// The clocks go back between these two: both ends are London days.
	if got := list(octavia, "/v1/appointments?from=2026-10-25&to=2026-10-26"); len(got) != 3 {
		t.Errorf("%d between the days, want 3", len(got))
	}
	if got := list(octavia, "/v1/appointments?status=past"); len(got) != 0 {
		t.Errorf("%d have passed, want none", len(got))
	}
	pasha := s.consented("pasha")
	if got := list(pasha, "/v1/appointments?status=past"); len(got) != 1 || !got[0].HasPassed {
		t.Errorf("pasha's are %+v", got)
	}
	indira := s.consented("indira") // the date is still to come
	if got := list(indira, "/v1/appointments?status=upcoming"); len(got) != 1 || got[0].Start != nil || got[0].CalendarURL != nil {
		t.Errorf("indira's are %+v", got)
	}
	if got := list(indira, "/v1/appointments?from=2026-01-01"); len(got) != 0 {
		t.Errorf("a day was asked for, and %d without one came", len(got))
	}
	for _, wrong := range []string{"from=yesterday", "to=2026-02-30", "from=2026-03-02T10:00:00Z", "status=all", "from=2026-03-02&to=2026-03-01"} {
		refused(t, indira.get("/v1/appointments?"+wrong), http.StatusBadRequest, "bad_request")
	}
}

func TestACalendarFileHoldsTheInstantAndNoClinicalWord(t *testing.T) {
	t.Parallel()
	s := start(t)
	type listed struct{ Appointments []struct{ ID string } }
	for citizen, instant := range map[string]string{
		"bella":  "DTSTART:20260311T143000Z", // winter
		"summer": "DTSTART:20260715T133000Z", // 2:30pm in summer
	} {
		t.Run(citizen, func(t *testing.T) {
			b := s.consented(citizen).in(t)
			a := b.get("/v1/appointments/" + read[listed](t, b.get("/v1/appointments").Body).Appointments[0].ID + "/calendar.ics")
			answered(t, a, http.StatusOK)
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
		b := s.consented("indira").in(t)
		id := read[listed](t, b.get("/v1/appointments").Body).Appointments[0].ID
		refused(t, b.get("/v1/appointments/"+id+"/calendar.ics"), http.StatusConflict, "conflict")
	})
}

func TestManageYourReferralIsOneStepAwayAndThenNothingIsOld(t *testing.T) {
	t.Parallel()
	s := start(t)
	b := s.consented("bella")
	r := read[struct {
		Referrals []struct{ ManageURL string }
	}](t, b.get("/v1/timeline").Body).Referrals[0]

	opened := b.get(r.ManageURL)
	answered(t, opened, http.StatusFound)
	there := parse(t, opened.Header.Get("Location"))
	if there.Host != "refer.nhs.uk" && there.Host != host(t, s.Sandbox.URL()) {
		t.Errorf("leads to %s", there.Host)
	}
	link := read[struct{ URL string }](t, b.post(r.ManageURL, nil).Body)
	if parse(t, link.URL).Host != there.Host {
		t.Errorf("an app's link leads to %s, a browser to %s", link.URL, there.Host)
	}
	if n := len(s.entries("data_released")); n != 3 { // the timeline and two links
		t.Errorf("%d releases stand in the log, want 3", n)
	}

	s.Sandbox.ForgetRequests()
	for range 2 {
		answered(t, b.get("/v1/timeline"), http.StatusOK)
	}
	if n := len(s.asked(sandbox.ERS, "ServiceRequest")); n != 2 {
		t.Errorf("e-RS was asked %d times, want each time: the citizen may be changing it there", n)
	}
	s.clock.Advance(29 * time.Minute)
	answered(t, b.get("/v1/timeline"), http.StatusOK)
	s.clock.Advance(2 * time.Minute)
	answered(t, b.get("/v1/timeline"), http.StatusOK)
	s.Sandbox.ForgetRequests()
	answered(t, b.get("/v1/timeline"), http.StatusOK)
	if n := len(s.asked(sandbox.ERS, "ServiceRequest")); n != 0 {
		t.Errorf("half an hour later e-RS was still asked each time")
	}
}
