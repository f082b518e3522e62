package citizens

import (
	"testing"
	"time"
)

func TestDaysAreReadFromTheAnchorsDayInLondon(t *testing.T) {
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	// Half past midnight in London is still the day before in UTC.
	cal := newCalendar(london, time.Date(2026, 7, 14, 23, 30, 0, 0, time.UTC))
	for text, want := range map[string]string{
		"today":            "2026-07-15T00:00:00+01:00",
		"today 14:30":      "2026-07-15T14:30:00+01:00",
		"+1d 08:05":        "2026-07-16T08:05:00+01:00",
		"-2w":              "2026-07-01T00:00:00+01:00",
		"-16y":             "2010-07-15T00:00:00+01:00",
		"next 07-15 09:00": "2027-07-15T09:00:00+01:00",
		"next 07-16":       "2026-07-16T00:00:00+01:00",
		"last 07-15":       "2025-07-15T00:00:00+01:00",
		"last 01-10":       "2026-01-10T00:00:00Z",
		"next 01-15 09:05": "2027-01-15T09:05:00Z",
		"+103d 14:30":      "2026-10-26T14:30:00Z", // past the night when the clocks go back
		"2004-02-29":       "2004-02-29T00:00:00Z",

		"clocks back -1d 14:30": "2026-10-24T14:30:00+01:00",
		"clocks back 14:30":     "2026-10-25T14:30:00Z",
		"clocks back +1d":       "2026-10-26T00:00:00Z",
	} {
		got, err := cal.at(text)
		if err != nil || got.Format(time.RFC3339) != want {
			t.Errorf("%s is %s, not %s (%v)", text, got.Format(time.RFC3339), want, err)
		}
	}
	for _, text := range []string{"", "soon", "+1", "+xd", "+1m", "clocks back soon", "next week", "today 25:00", "2026-02-30"} {
		if got, err := cal.at(text); err == nil {
			t.Errorf("%q is read as %v", text, got)
		}
	}
}
