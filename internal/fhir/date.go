package fhir

import (
	"strings"
	"time"
)

// ParseInstant reads a dateTime that has a time. One without an offset is read in
// the zone sent, because that is the clock that the hospital looks at. Years in
// which no appointment of the NHS can be are placeholders, not dates.
func ParseInstant(s string, zone *time.Location) (time.Time, bool) {
	const first, last = 1948, 2199
	s = strings.TrimSpace(s)
	for _, layout := range []string{
		time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05Z0700",
	} {
		if t, err := time.ParseInLocation(layout, s, zone); err == nil {
			return t, t.Year() >= first && t.Year() <= last
		}
	}
	return time.Time{}, false
}

// ParseDay reads a date or dateTime as a time of the day that it is in the zone.
// A text that is neither, or does not name a day, is not read.
func ParseDay(s string, zone *time.Location) (time.Time, bool) {
	s = strings.TrimSpace(s)
	if len(s) == len(time.DateOnly) {
		s += "T00:00"
	}
	t, ok := ParseInstant(s, zone)
	return t.In(zone), ok
}
