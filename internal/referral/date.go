package referral

import (
	"fmt"
	"time"
)

// IsZero reports whether there is no day.
func (d Date) IsZero() bool { return d == Date{} }

// Valid reports whether the day is on the calendar and in a year that a referral
// can have (1900 to 2199).
func (d Date) Valid() bool {
	if d.Year < 1900 || d.Year >= 2200 || d.Month < time.January || d.Month > time.December || d.Day < 1 {
		return false
	}
	t := time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC)
	return t.Month() == d.Month && t.Day() == d.Day
}

// String is the day as YYYY-MM-DD.
func (d Date) String() string { return fmt.Sprintf("%04d-%02d-%02d", d.Year, int(d.Month), d.Day) }

// Begins is the first instant of the day in loc.
func (d Date) Begins(loc *time.Location) time.Time {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, loc)
}

// Ends is the first instant of the following day in loc.
func (d Date) Ends(loc *time.Location) time.Time {
	return time.Date(d.Year, d.Month, d.Day+1, 0, 0, 0, 0, loc)
}

// Believable reports whether an instant can be that of an appointment. Outside
// these years JSON cannot carry it, and no hospital meant it.
func Believable(t time.Time) bool {
	year := t.UTC().Year()
	return year >= 1900 && year < 2200
}
