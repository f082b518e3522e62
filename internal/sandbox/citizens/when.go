package citizens

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// clocksBack is the files' word for the Sunday on which summer time ends.
const clocksBack = "clocks back"

// calendar turns the files' words for days into times.
type calendar struct {
	london *time.Location
	today  time.Time // midnight in London at the anchor's day
}

func newCalendar(london *time.Location, anchor time.Time) calendar {
	y, m, d := anchor.In(london).Date()
	return calendar{london: london, today: time.Date(y, m, d, 0, 0, 0, 0, london)}
}

// at reads "today 14:30", "+9d 14:30", "-3w", "next 07-15 09:00", "last 01-10" or
// "2024-02-29 10:00", and "clocks back -1d 14:30". Without a time of day it is midnight in London.
func (c calendar) at(text string) (time.Time, error) {
	day, clock, timed := text, "", false
	if i := strings.LastIndexByte(text, ' '); i > 0 && strings.Contains(text[i:], ":") {
		day, clock, timed = text[:i], text[i+1:], true
	}
	date, err := c.day(day)
	if err != nil || !timed {
		return date, err
	}
	t, err := time.Parse("15:04", clock)
	if err != nil {
		return time.Time{}, fmt.Errorf("time of day in %q: %w", text, err)
	}
	y, m, d := date.Date()
	return time.Date(y, m, d, t.Hour(), t.Minute(), 0, 0, c.london), nil
}

func (c calendar) day(text string) (time.Time, error) {
	switch {
	case text == "today":
		return c.today, nil
	case strings.HasPrefix(text, "next "), strings.HasPrefix(text, "last "):
		return c.anniversary(text)
	case strings.HasPrefix(text, clocksBack):
		night := c.clocksBack()
		if rest := strings.TrimSpace(text[len(clocksBack):]); rest != "" {
			return shift(night, rest)
		}
		return night, nil
	case strings.HasPrefix(text, "+"), strings.HasPrefix(text, "-"):
		return shift(c.today, text)
	}
	t, err := time.ParseInLocation(time.DateOnly, text, c.london)
	if err != nil {
		return time.Time{}, fmt.Errorf("day %q: %w", text, err)
	}
	return t, nil
}

// clocksBack is the last Sunday of October, the next one after today.
func (c calendar) clocksBack() time.Time {
	for year := c.today.Year(); ; year++ {
		day := time.Date(year, time.October, 31, 0, 0, 0, 0, c.london)
		day = day.AddDate(0, 0, -int(day.Weekday()))
		if day.After(c.today) {
			return day
		}
	}
}

// shift reads +9d, -3w, -16y.
func shift(from time.Time, text string) (time.Time, error) {
	n, err := strconv.Atoi(text[:len(text)-1])
	if err != nil {
		return time.Time{}, fmt.Errorf("day %q: %w", text, err)
	}
	switch text[len(text)-1] {
	case 'd':
		return from.AddDate(0, 0, n), nil
	case 'w':
		return from.AddDate(0, 0, 7*n), nil
	case 'y':
		return from.AddDate(n, 0, 0), nil
	}
	return time.Time{}, fmt.Errorf("day %q: the unit must be d, w or y", text)
}

func (c calendar) anniversary(text string) (time.Time, error) {
	t, err := time.Parse("01-02", text[len("next "):])
	if err != nil {
		return time.Time{}, fmt.Errorf("day %q: %w", text, err)
	}
	day := time.Date(c.today.Year(), t.Month(), t.Day(), 0, 0, 0, 0, c.london)
	if strings.HasPrefix(text, "next ") && !day.After(c.today) {
		return day.AddDate(1, 0, 0), nil
	}
	if strings.HasPrefix(text, "last ") && !day.Before(c.today) {
		return day.AddDate(-1, 0, 0), nil
	}
	return day, nil
}
