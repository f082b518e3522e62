package timeline

import (
	"strconv"
	"strings"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/referral"
	"github.com/patient-care-aggregator/aggregator/internal/wording"
)

// CalendarEntry is what the calendar file of an appointment says. It has no
// clinical word and no language: calendars are read by other people too.
type CalendarEntry struct {
	Title, Detail string
	Place         string // empty: the appointment is not at a place, or none is known
	Tentative     bool   // the appointment contradicts the referral's state
	// Sequence grows with each change of the appointment (RFC 5545 3.8.7.4), so that a
	// calendar takes over a moved one; 0 where the source does not count.
	Sequence int
	Modified *time.Time // when the source last changed it; nil: not told
}

// calendarEntry gathers what the file says from what is shown already, so that
// the disclosure policy holds for it too.
func (b *builder) calendarEntry(d *draft, a *referral.Appointment) CalendarEntry {
	r := &d.Referral
	title, detail := b.say(wording.KeyCalendarTitle), b.say(wording.KeyCalendarDetail)
	if r.Appointment.Remote {
		title, detail = b.say(wording.KeyCalendarTitleRemote), b.say(wording.KeyCalendarDetailRemote)
	}
	if r.Contact.Role == roleHospital && r.Contact.Phone != nil {
		detail = detail.Then(b.say(wording.KeyCalendarPhone, "name", r.Contact.Name.Text, "phone", *r.Contact.Phone))
	}
	if r.BookingReference != nil {
		detail = detail.Then(b.say(wording.KeyCalendarReference, "reference", *r.BookingReference))
	}
	entry := CalendarEntry{Title: title.Text, Detail: detail.String(), Tentative: d.booking.strange, Sequence: sequence(a.Version)}
	if a.Modified != nil && referral.Believable(*a.Modified) {
		entry.Modified = a.Modified
	}
	if r.Appointment.Remote || r.Service == nil {
		return entry
	}
	var places []string
	for _, l := range r.Service.Locations {
		if l.Name != nil {
			places = append(places, l.Name.Text)
		}
	}
	if len(places) == 0 && r.Service.Provider != nil && r.Service.Provider.Name != nil {
		places = append(places, r.Service.Provider.Name.Text)
	}
	entry.Place = strings.Join(places, ", ")
	return entry
}

// sequence is a version that counts; 0 for one of any other form.
func sequence(version string) int {
	const bits = 32 // RFC 5545 3.3.8: an integer is at most 2147483647
	n, err := strconv.ParseInt(version, 10, bits)
	if err != nil || n < 0 {
		return 0
	}
	return int(n)
}
