package patientcare

import (
	"strings"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/timeline"
)

// parseInstant reads a FHIR dateTime that has a time and an offset. One without
// an offset is read as London's, for that is whose clock the hospital looks at.
func parseInstant(s string, london *time.Location) (time.Time, bool) {
	s = strings.TrimSpace(s)
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t, true
	}
	for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02T15:04Z07:00"} {
		if t, err := time.ParseInLocation(layout, s, london); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// parseDay reads a FHIR date or dateTime as a London day; zero when it is
// neither, or does not name a day.
func parseDay(s string, london *time.Location) timeline.Date {
	t, err := time.ParseInLocation(time.DateOnly, strings.TrimSpace(s), london)
	if err != nil {
		instant, ok := parseInstant(s, london)
		if !ok {
			return timeline.Date{}
		}
		t = instant.In(london)
	}
	year, month, day := t.Date()
	return timeline.Date{Year: year, Month: month, Day: day}
}
