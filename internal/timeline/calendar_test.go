package timeline_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	ics "github.com/arran4/golang-ical"

	"github.com/patient-care-aggregator/aggregator/internal/httpapi/ical"
	"github.com/patient-care-aggregator/aggregator/internal/referral"
	"github.com/patient-care-aggregator/aggregator/internal/timeline"
)

func calendarEvent(t *testing.T, r timeline.Referral) (*ics.VEvent, string) {
	t.Helper()
	file, err := calendarFile(r, now())
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := ics.ParseCalendar(strings.NewReader(string(file)))
	if err != nil {
		t.Fatalf("%v in\n%s", err, file)
	}
	if len(parsed.Events()) != 1 {
		t.Fatalf("%d events, want 1", len(parsed.Events()))
	}
	return parsed.Events()[0], string(file)
}

func TestCalendar(t *testing.T) {
	for name, start := range map[string]time.Time{
		"in summer":             time.Date(2026, time.August, 5, 13, 30, 0, 0, time.UTC),
		"in winter":             time.Date(2026, time.December, 2, 9, 0, 0, 0, time.UTC),
		"as the clocks go on":   time.Date(2026, time.March, 29, 1, 0, 0, 0, time.UTC),
		"as the clocks go back": time.Date(2026, time.October, 25, 1, 30, 0, 0, time.UTC),
	} {
		t.Run("keeps the right instant "+name, func(t *testing.T) {
			event, _ := calendarEvent(t, one(t, atService(referral.StateBooked, func(f *referral.Facts) { f.Appointment = appointment(start, 20*time.Minute) }), now()))
			gotStart, err := event.GetStartAt()
			if err != nil || !gotStart.Equal(start) {
				t.Errorf("start %v, %v; want %v", gotStart, err, start)
			}
			gotEnd, err := event.GetEndAt()
			if err != nil || !gotEnd.Equal(start.Add(20*time.Minute)) {
				t.Errorf("end %v, %v", gotEnd, err)
			}
		})
	}
	start := time.Date(2026, time.August, 5, 13, 30, 0, 0, time.UTC)
	t.Run("names place and phone, and no clinical word", func(t *testing.T) {
		event, file := calendarEvent(t, one(t, atService(referral.StateBooked, func(f *referral.Facts) { f.Appointment = appointment(start, 0) }), now()))
		if got := event.GetProperty(ics.ComponentPropertyLocation).Value; got != "St James's University Hospital" {
			t.Errorf("location %q", got)
		}
		if got := event.GetProperty(ics.ComponentPropertySummary).Value; got != "NHS appointment" {
			t.Errorf("summary %q", got)
		}
		unfolded := strings.ReplaceAll(file, "\r\n ", "")
		for _, want := range []string{"0113 496 0001", "Booking reference: 0000 4997 3241", "TRIGGER:-P1D"} {
			if !strings.Contains(unfolded, want) {
				t.Errorf("no %q", want)
			}
		}
		for _, word := range []string{"ardiology", "hest", "heart", "CARDIOLOGY"} {
			if strings.Contains(unfolded, word) {
				t.Errorf("the calendar says %q", word)
			}
		}
	})
	t.Run("sends nobody to a place for a phone appointment", func(t *testing.T) {
		_, file := calendarEvent(t, one(t, atService(referral.StateBooked, func(f *referral.Facts) {
			f.Appointment, f.Service.Type = appointment(start, 0), "TELEPHONE_ASSESSMENT"
		}), now()))
		if !strings.Contains(file, "SUMMARY:NHS phone appointment") || strings.Contains(file, "LOCATION") || strings.Contains(file, "before you go") {
			t.Errorf("got\n%s", file)
		}
	})
	t.Run("takes the whole day where no time is known", func(t *testing.T) {
		midnight := time.Date(2026, time.July, 31, 23, 0, 0, 0, time.UTC)
		_, file := calendarEvent(t, one(t, atService(referral.StateBooked, func(f *referral.Facts) { f.Appointment = appointment(midnight, time.Hour) }), now()))
		if !strings.Contains(file, "DTSTART;VALUE=DATE:20260801\r\n") || strings.Contains(file, "DTEND") || !strings.Contains(file, "TRIGGER:-PT15H") {
			t.Errorf("got\n%s", file)
		}
	})
	t.Run("a moved appointment replaces the one before", func(t *testing.T) {
		changed := time.Date(2026, time.January, 19, 9, 0, 0, 0, time.UTC)
		file := func(version string) string {
			_, file := calendarEvent(t, one(t, atService(referral.StateBooked, func(f *referral.Facts) {
				f.Appointment = appointment(start, 0)
				f.Appointment.Version, f.Appointment.Modified = version, &changed
			}), now()))
			return file
		}
		if got := file("6"); !strings.Contains(got, "SEQUENCE:6\r\n") || !strings.Contains(got, "LAST-MODIFIED:20260119T090000Z") || strings.Contains(got, "METHOD") {
			t.Errorf("got\n%s", got)
		}
		if got := file("W/x"); !strings.Contains(got, "SEQUENCE:0\r\n") {
			t.Errorf("got\n%s", got)
		}
	})
	t.Run("keeps the policy's softened words", func(t *testing.T) {
		_, file := calendarEvent(t, one(t, atService(referral.StateBooked, func(f *referral.Facts) {
			f.Appointment = appointment(start, 0)
			f.Service.Locations[0].Name = "LEEDS CANCER CENTRE"
		}), now()))
		if !strings.Contains(file, "LOCATION:the place in your appointment letter") {
			t.Errorf("got\n%s", file)
		}
	})
	t.Run("a hostile name cannot write lines of its own", func(t *testing.T) {
		event, file := calendarEvent(t, one(t, atService(referral.StateBooked, func(f *referral.Facts) {
			f.Appointment = appointment(start, 0)
			f.Service.Locations[0].Name = "Clinic\r\nATTENDEE:mailto:x@example.org\r\nX;Y,Z\\n"
		}), now()))
		if strings.Contains(file, "\r\nATTENDEE") || len(event.Attendees()) != 0 {
			t.Errorf("got\n%s", file)
		}
	})
	t.Run("an appointment against its state is tentative", func(t *testing.T) {
		_, file := calendarEvent(t, one(t, atService(referral.StateRejected, func(f *referral.Facts) { f.Appointment = appointment(start, 0) }), now()))
		if !strings.Contains(file, "STATUS:TENTATIVE") {
			t.Error("it is confirmed")
		}
	})
	t.Run("without a start there is none", func(t *testing.T) {
		for _, f := range []referral.Facts{
			cardiology(nil),
			atService(referral.StateBooked, func(f *referral.Facts) { f.Appointment = &referral.Appointment{ID: "a"} }),
			atService(referral.StateCancelledByPatient, func(f *referral.Facts) { f.Appointment = appointment(start, 0) }),
		} {
			if _, err := calendarFile(one(t, f, now()), now()); !errors.Is(err, ical.ErrNoTime) {
				t.Errorf("%s: %v", f.State, err)
			}
		}
	})
}
