package patientcare

import (
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/referral"
)

func TestParseDay(t *testing.T) {
	for text, want := range map[string]referral.Date{
		"2025-02-01":                {Year: 2025, Month: time.February, Day: 1},
		"2025-07-31T23:30:00Z":      {Year: 2025, Month: time.August, Day: 1}, // already tomorrow in London
		"2025-08-01T00:00:00+01:00": {Year: 2025, Month: time.August, Day: 1},
		"2025-01-31T23:30:00Z":      {Year: 2025, Month: time.January, Day: 31},
		"2024-02-29":                {Year: 2024, Month: time.February, Day: 29},
		"2025-02-29":                {},
		"2025-02":                   {},
		"":                          {},
		"0001-01-01":                {},
		"tomorrow!!":                {},
	} {
		if got := parseDay(text, london(t)); got != want {
			t.Errorf("%q is %v, want %v", text, got, want)
		}
	}
}
