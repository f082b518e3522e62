package fhir

import (
	"testing"
	"time"
)

func TestParseInstant(t *testing.T) {
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	summer := time.Date(2025, 8, 6, 13, 30, 0, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"2025-08-06T13:30:00Z":          summer,
		"2025-08-06T13:30:00+00:00":     summer,
		"2025-08-06T14:30:00+01:00":     summer,
		"2025-08-06T08:30:00-05:00":     summer,
		"2025-08-06T13:30:00.000Z":      summer,
		"2025-08-06T13:30:00.123456Z":   summer.Add(123456 * time.Microsecond),
		"2025-08-06T13:30Z":             summer,
		"2025-08-06T14:30:00+0100":      summer,
		" 2025-08-06T13:30:00Z ":        summer,
		"2025-08-06T14:30:00":           summer, // without offset: the hospital's clock
		"2025-08-06T14:30":              summer,
		"2025-01-06T14:30:00":           time.Date(2025, 1, 6, 14, 30, 0, 0, time.UTC),
		"2025-08-06T00:00:00+01:00":     time.Date(2025, 8, 5, 23, 0, 0, 0, time.UTC),
		"2025-12-31T23:59:59.999+00:00": time.Date(2025, 12, 31, 23, 59, 59, 999e6, time.UTC),
	} {
		if got, ok := ParseInstant(text, london); !ok || !got.Equal(want) {
			t.Errorf("%q is %v %v, want %v", text, got, ok, want)
		}
	}
	for _, text := range []string{"", "soon", "2025", "2025-08", "2025-08-06", "06/08/2025 14:30", "2025-08-06 14:30:00", "2025-13-01T10:00:00Z", "2025-02-29T10:00:00Z", "2025-08-06T24:00:01Z", "0001-01-01T00:00:00Z", "9999-12-31T00:00:00Z"} {
		if got, ok := ParseInstant(text, london); ok {
			t.Errorf("%q is read as %v", text, got)
		}
	}
}
