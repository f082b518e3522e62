package timeline_test

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/timeline"
	"github.com/patient-care-aggregator/aggregator/valuesets"
)

// now is Tuesday 20 January 2026, 10:00 in London.
func now() time.Time { return time.Date(2026, time.January, 20, 10, 0, 0, 0, time.UTC) }

func valueSets(t testing.TB) *timeline.ValueSets {
	t.Helper()
	vs, err := timeline.Load(valuesets.FS())
	if err != nil {
		t.Fatal(err)
	}
	return vs
}

func encode(t testing.TB, value any) string {
	t.Helper()
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(value); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// referral is a plain cardiology referral with nothing at a service yet.
func referral(change func(*timeline.Facts)) timeline.Facts {
	f := timeline.Facts{
		Source:           "ers-01",
		ID:               "referralAAAAAAAAAAAAAA",
		BookingReference: "000049973241",
		Version:          "1",
		State:            timeline.StateNotBooked,
		Priority:         "ROUTINE",
		Specialty:        &timeline.Coding{Code: "CARDIOLOGY", Display: "Cardiology"},
		ReferredOn:       timeline.Date{Year: 2026, Month: time.January, Day: 11},
		Referrer:         &timeline.Organisation{ODSCode: "A1001", Name: "OAKWOOD LANE MEDICAL PRACTICE", Phone: "0113 496 0000"},
		ManageURL:        "https://refer.nhs.uk/myr/000049973241",
	}
	if change != nil {
		change(&f)
	}
	return f
}

// atService sends a referral on to a hospital's service.
func atService(state string, change func(*timeline.Facts)) timeline.Facts {
	return referral(func(f *timeline.Facts) {
		f.State = state
		f.Service = &timeline.Service{
			ID: "serviceAAAAAAAAAAAAAAA", Name: "Chest Pain Clinic - Leeds", Type: "FIRST_OUTPATIENT",
			Specialty: &timeline.Coding{Code: "CARDIOLOGY", Display: "Cardiology"},
			Provider:  &timeline.Organisation{ODSCode: "RR8", Name: "LEEDS TEACHING HOSPITALS NHS TRUST", Phone: "0113 496 0001"},
			Locations: []timeline.Organisation{{ODSCode: "RR813", Name: "ST JAMES'S UNIVERSITY HOSPITAL"}},
		}
		if change != nil {
			change(f)
		}
	})
}

func appointment(start time.Time, length time.Duration) *timeline.Appointment {
	a := &timeline.Appointment{ID: "appointmentAAAAAAAAAAA", Start: &start}
	if length > 0 {
		end := start.Add(length)
		a.End = &end
	}
	return a
}

func review(kind string, year int, month time.Month, day int) *timeline.Review {
	return &timeline.Review{Kind: kind, DueBy: timeline.Date{Year: year, Month: month, Day: day}}
}

// one builds the timeline of one referral in English.
func one(t testing.TB, f timeline.Facts, at time.Time) timeline.Referral {
	t.Helper()
	got := timeline.Build([]timeline.Facts{f}, valueSets(t), timeline.English, at)
	if len(got.Referrals) != 1 {
		t.Fatalf("%d referrals, want 1", len(got.Referrals))
	}
	return got.Referrals[0]
}

func text(s *string) string {
	if s == nil {
		return "<null>"
	}
	return *s
}
