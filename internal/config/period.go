package config

import (
	"errors"
	"fmt"
	"strconv"
	"time"
)

// Period is a calendar period, written as 90d or 8y.
type Period struct{ Years, Days int }

const longestPeriod = 36_500

// UnmarshalText reads a period.
func (p *Period) UnmarshalText(text []byte) error {
	bad := errors.New("must be a number of days or years such as 90d or 8y")
	if len(text) < 2 {
		return bad
	}
	n, err := strconv.Atoi(string(text[:len(text)-1]))
	if err != nil || n < 1 || n > longestPeriod {
		return bad
	}
	switch text[len(text)-1] {
	case 'd':
		*p = Period{Days: n}
	case 'y':
		*p = Period{Years: n}
	default:
		return bad
	}
	return nil
}

// MarshalText writes what UnmarshalText reads.
func (p Period) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// String is the period as it is configured.
func (p Period) String() string {
	if p.Years > 0 {
		return fmt.Sprintf("%dy", p.Years)
	}
	return fmt.Sprintf("%dd", p.Days)
}

// Before returns the moment that is this period before another.
func (p Period) Before(t time.Time) time.Time { return t.AddDate(-p.Years, 0, -p.Days) }

func (p Period) days() int {
	const year = 365
	return p.Years*year + p.Days
}
