package wording

import (
	"strconv"
	"time"
)

// calendarWords are the names of days and months.
type calendarWords struct {
	weekdays map[Lang][]string // from Sunday
	months   map[Lang][]string // from January
}

// Date is "Wednesday 6 August 2025" (NHS content style), for the day that t has
// in its own location.
func (s *Set) Date(t time.Time, lang Lang) Text {
	weekdays, months := s.calendar.weekdays[lang], s.calendar.months[lang]
	if weekdays == nil || months == nil {
		lang = English
		weekdays, months = s.calendar.weekdays[English], s.calendar.months[English]
	}
	return s.Say(lang, KeyDate,
		"weekday", weekdays[t.Weekday()], "day", strconv.Itoa(t.Day()),
		"month", months[t.Month()-1], "year", strconv.Itoa(t.Year()))
}

// Clock is "2:30pm", "9am", "midday" or "midnight" (NHS content style).
func (s *Set) Clock(t time.Time, lang Lang) Text {
	switch {
	case t.Hour() == 12 && t.Minute() == 0:
		return s.Say(lang, KeyMidday)
	case t.Hour() == 0 && t.Minute() == 0:
		return s.Say(lang, KeyMidnight)
	case t.Minute() == 0:
		return Name(t.Format("3pm"))
	default:
		return Name(t.Format("3:04pm"))
	}
}

// SayOn fills a phrase that has a {date}, all in one language.
func (s *Set) SayOn(lang Lang, key Key, day time.Time, values ...string) Text {
	return s.FillOn(s.phrases[key], lang, day, values...)
}

// SayAt fills a phrase that has a {date} and a {time}, all in one language.
func (s *Set) SayAt(lang Lang, key Key, at time.Time) Text {
	return s.FillAt(s.phrases[key], lang, at)
}

// FillOn is SayOn for a phrase of any file.
func (s *Set) FillOn(p Phrase, lang Lang, day time.Time, values ...string) Text {
	lang = p.Spoken(lang)
	return p.In(lang, append(values, "date", s.Date(day, lang).Text)...)
}

// FillAt is SayAt for a phrase of any file.
func (s *Set) FillAt(p Phrase, lang Lang, at time.Time) Text {
	lang = p.Spoken(lang)
	at = at.In(s.london)
	return p.In(lang, "date", s.Date(at, lang).Text, "time", s.Clock(at, lang).Text)
}
