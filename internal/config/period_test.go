package config_test

import (
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/config"
)

func TestPeriod(t *testing.T) {
	t.Parallel()
	t.Run("years go by the calendar, leap days included", func(t *testing.T) {
		t.Parallel()
		var p config.Period
		if err := p.UnmarshalText([]byte("8y")); err != nil {
			t.Fatal(err)
		}
		got := p.Before(time.Date(2034, 3, 2, 0, 0, 0, 0, time.UTC))
		if want := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC); !got.Equal(want) {
			t.Errorf("8 years before is %v, want %v", got, want)
		}
	})
	t.Run("what is not a period is refused", func(t *testing.T) {
		t.Parallel()
		for _, text := range []string{"", "d", "90", "-1d", "0y", "90h", "1e3d", "99999999d"} {
			var p config.Period
			if err := p.UnmarshalText([]byte(text)); err == nil {
				t.Errorf("%q was taken as %v", text, p)
			}
		}
	})
}
