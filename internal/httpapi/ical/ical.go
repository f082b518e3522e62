package ical

import (
	"errors"
	"fmt"
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"

	"github.com/patient-care-aggregator/aggregator/internal/timeline"
)

// ErrNoTime says that no day is known of an appointment. The caller should answer
// that there is nothing to put into a calendar yet.
var ErrNoTime = errors.New("no appointment with a day")

// Render writes the calendar file of one appointment; nil and an appointment
// without a day are ErrNoTime. Times are instants in UTC, so that no calendar can
// move them when the clocks change; a day without a time is an event of the whole
// day. now becomes DTSTAMP. There is no METHOD, for nobody is invited: with one an
// ORGANIZER would be needed (RFC 5546 3.2.1).
func Render(a *timeline.Appointment, now time.Time) ([]byte, error) {
	if a == nil || a.Date == nil {
		return nil, ErrNoTime
	}
	file := ics.NewCalendar()
	file.SetProductId("-//Patient Care Aggregator//Appointments//EN")
	event := file.AddEvent(a.ID + "@patient-care-aggregator")
	event.SetDtStampTime(now)
	event.SetSequence(a.Calendar.Sequence)
	if a.Calendar.Modified != nil {
		event.SetModifiedAt(*a.Calendar.Modified)
	}
	if err := setTime(event, a); err != nil {
		return nil, err
	}
	event.SetSummary(a.Calendar.Title)
	event.SetDescription(a.Calendar.Detail)
	if a.Calendar.Place != "" {
		event.SetLocation(a.Calendar.Place)
	}
	event.SetStatus(ics.ObjectStatusConfirmed)
	if a.Calendar.Tentative {
		event.SetStatus(ics.ObjectStatusTentative)
	}
	event.SetClass(ics.ClassificationPrivate)
	var out strings.Builder
	if err := file.SerializeTo(&out, ics.WithNewLineWindows); err != nil {
		return nil, fmt.Errorf("write calendar: %w", err)
	}
	return []byte(out.String()), nil
}

// setTime writes when the appointment is, and a reminder on the day before.
func setTime(event *ics.VEvent, a *timeline.Appointment) error {
	reminder := "-P1D"
	if a.Start == nil {
		day, err := time.Parse(time.DateOnly, *a.Date)
		if err != nil {
			return fmt.Errorf("read appointment date: %w", err)
		}
		event.SetAllDayStartAt(day)
		reminder = "-PT15H" // 9am, not midnight
	} else {
		start, err := time.Parse(time.RFC3339, *a.Start)
		if err != nil {
			return fmt.Errorf("read appointment start: %w", err)
		}
		event.SetStartAt(start)
	}
	if a.End != nil {
		end, err := time.Parse(time.RFC3339, *a.End)
		if err != nil {
			return fmt.Errorf("read appointment end: %w", err)
		}
		event.SetEndAt(end)
	}
	alarm := event.AddAlarm()
	alarm.SetAction(ics.ActionDisplay)
	alarm.SetTrigger(reminder)
	alarm.SetDescription(a.Calendar.Title)
	return nil
}
