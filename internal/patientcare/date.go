package patientcare

import (
	"strings"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/referral"
)

// parseInstant reads a FHIR dateTime that has a time and an offset. One without
// an offset is read as London's, for that is whose clock the hospital looks at.
// Years in which no appointment of the NHS can be are sentinels, not dates.
func parseInstant(s string, london *time.Location) (time.Time, bool) {
	const first, last = 1948, 2199
	s = strings.TrimSpace(s)
	for _, layout := range []string{
		time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05Z0700",
	} {
		if t, err := time.ParseInLocation(layout, s, london); err == nil {
			return t, t.Year() >= first && t.Year() <= last
		}
	}
	return time.Time{}, false
}

// parseDay reads a FHIR date or dateTime as a London day; zero when it is
// neither, or does not name a day.
func parseDay(s string, london *time.Location) referral.Date {
	s = strings.TrimSpace(s)
	if len(s) == len(time.DateOnly) {
		s += "T00:00"
	}
	t, ok := parseInstant(s, london)
	if !ok {
		return referral.Date{}
	}
	year, month, day := t.In(london).Date()
	return referral.Date{Year: year, Month: month, Day: day}
}
