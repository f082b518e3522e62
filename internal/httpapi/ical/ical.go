package ical

import (
	"errors"
	"fmt"
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"

	"github.com/patient-care-aggregator/aggregator/internal/timeline"
)

// ErrNoTime says that an appointment has no known start. The caller should answer
// that there is nothing to put into a calendar yet.
var ErrNoTime = errors.New("no appointment with a time")

// Render writes the calendar file of one appointment; nil and an appointment
// without a start are ErrNoTime. Times are instants in UTC, so that no calendar
// can move them when the clocks change. now becomes DTSTAMP.
func Render(a *timeline.Appointment, now time.Time) ([]byte, error) {
	if a == nil || a.Start == nil {
		return nil, ErrNoTime
	}
	start, err := time.Parse(time.RFC3339, *a.Start)
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
		end, err := time.Parse(time.RFC3339, *a.End)
		if err != nil {
			return nil, fmt.Errorf("read appointment end: %w", err)
		}
		event.SetEndAt(end)
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
