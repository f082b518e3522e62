package timeline

import (
	"strconv"
	"time"
)

// rfc3339 always shows the offset, "+00:00" in winter too.
const rfc3339 = "2006-01-02T15:04:05-07:00"

// calendarWords are the names of days and months, and how a date is put together.
type calendarWords struct {
	weekdays map[Lang][]string // from Sunday
	months   map[Lang][]string // from January
}

// dateInWords is "Wednesday 6 August 2025" (NHS content style), for a day as it
// stands in t's own location.
func (v *ValueSets) dateInWords(t time.Time, lang Lang) string {
	weekdays, months := v.calendar.weekdays[lang], v.calendar.months[lang]
	if weekdays == nil || months == nil {
		lang = English
		weekdays, months = v.calendar.weekdays[English], v.calendar.months[English]
	}
	return v.say(lang, sayDate,
		"weekday", weekdays[t.Weekday()], "day", strconv.Itoa(t.Day()),
		"month", months[t.Month()-1], "year", strconv.Itoa(t.Year()))
}

// timeInWords is "2:30pm", "9am", "midday" or "midnight" (NHS content style).
func (v *ValueSets) timeInWords(t time.Time, lang Lang) string {
	switch {
	case t.Hour() == 12 && t.Minute() == 0:
		return v.say(lang, sayMidday)
	case t.Hour() == 0 && t.Minute() == 0:
		return v.say(lang, sayMidnight)
	case t.Minute() == 0:
		return t.Format("3pm")
	default:
		return t.Format("3:04pm")
	}
}
