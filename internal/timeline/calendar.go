package timeline

import (
	"strings"

	"github.com/patient-care-aggregator/aggregator/internal/wording"
)

// CalendarEntry is what the calendar file of an appointment says. It has no
// clinical word and no language: calendars are read by other people too.
type CalendarEntry struct {
	Title, Detail string
	Place         string // empty: the appointment is not at a place, or none is known
	Tentative     bool   // the appointment contradicts the referral's state
}

// calendarEntry gathers what the file says from what is shown already, so that
// the disclosure policy holds for it too.
func (b *builder) calendarEntry(r *Referral, k booking, remote bool) CalendarEntry {
	detail := b.say(wording.KeyCalendarDetail)
	if r.Contact.Role == roleHospital && r.Contact.Phone != nil {
		detail = detail.Then(b.say(wording.KeyCalendarPhone, "name", r.Contact.Name.Text, "phone", *r.Contact.Phone))
	}
	entry := CalendarEntry{Title: b.say(wording.KeyCalendarTitle).Text, Detail: detail.String(), Tentative: k.strange}
	if remote || r.Service == nil {
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
