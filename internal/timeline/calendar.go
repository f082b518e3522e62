package timeline

import (
	"errors"
	"fmt"
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"
)

// ErrNoTime says that a referral has no appointment with a known start. The
// caller should answer that there is nothing to put into a calendar yet.
var ErrNoTime = errors.New("no appointment with a time")

// calendarText is what the calendar file of an appointment says.
type calendarText struct {
	title, detail string
	place         string // empty: the appointment is not at a place, or none is known
	tentative     bool   // the appointment contradicts the referral's state
}

// Calendar is the calendar file (RFC 5545) of a referral's appointment, for a
// referral that [Build] made. Its times are instants in UTC, so no calendar can
// move them across the change of the clocks. It names a place where one may be
// told, and no clinical word: calendars are shared, synchronised and shown on
// locked screens. now becomes DTSTAMP. It fails with [ErrNoTime] where there is
// no start.
func Calendar(r Referral, now time.Time) ([]byte, error) {
	a := r.Appointment
	if a == nil || a.Start == nil {
		return nil, ErrNoTime
	}
	start, err := time.Parse(rfc3339, *a.Start)
	if err != nil {
		return nil, fmt.Errorf("read appointment start: %w", err)
	}
	file := ics.NewCalendar()
	file.SetProductId("-//Patient Care Aggregator//Appointments//EN")
	file.SetMethod(ics.MethodPublish)
	event := file.AddEvent(a.ID + "@patient-care-aggregator")
	event.SetDtStampTime(now)
	event.SetStartAt(start)
	if a.End != nil {
		end, err := time.Parse(rfc3339, *a.End)
		if err != nil {
			return nil, fmt.Errorf("read appointment end: %w", err)
		}
		event.SetEndAt(end)
	}
	event.SetSummary(a.calendar.title)
	event.SetDescription(a.calendar.detail)
	if a.calendar.place != "" {
		event.SetLocation(a.calendar.place)
	}
	event.SetStatus(ics.ObjectStatusConfirmed)
	if a.calendar.tentative {
		event.SetStatus(ics.ObjectStatusTentative)
	}
	event.SetClass(ics.ClassificationPrivate)
	var out strings.Builder
	if err := file.SerializeTo(&out, ics.WithNewLineWindows); err != nil {
		return nil, fmt.Errorf("write calendar: %w", err)
	}
	return []byte(out.String()), nil
}

// calendarText gathers what the file says from what is shown already, so that
// the disclosure policy holds for it too.
func (b *builder) calendarText(r *Referral, k booking, remote bool) calendarText {
	text := calendarText{title: b.say(sayCalendarTitle), detail: b.say(sayCalendarDetail), tentative: k.strange}
	if r.Contact.Role == roleHospital && r.Contact.Phone != nil {
		text.detail += " " + b.say(sayCalendarPhone, "name", r.Contact.Name, "phone", *r.Contact.Phone)
	}
	if remote || r.Service == nil {
		return text
	}
	var places []string
	for _, l := range r.Service.Locations {
		if l.Name != nil {
			places = append(places, *l.Name)
		}
	}
	if len(places) == 0 && r.Service.Provider != nil && r.Service.Provider.Name != nil {
		places = append(places, *r.Service.Provider.Name)
	}
	text.place = strings.Join(places, ", ")
	return text
}
