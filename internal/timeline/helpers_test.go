package timeline_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/disclosure"
	"github.com/patient-care-aggregator/aggregator/internal/httpapi/ical"
	"github.com/patient-care-aggregator/aggregator/internal/referral"
	"github.com/patient-care-aggregator/aggregator/internal/timeline"
	"github.com/patient-care-aggregator/aggregator/internal/wording"
	"github.com/patient-care-aggregator/aggregator/valuesets"
)

// now is Tuesday 20 January 2026, 10:00 in London.
func now() time.Time { return time.Date(2026, time.January, 20, 10, 0, 0, 0, time.UTC) }

// sets are the value sets and the policy that belong together.
type sets struct {
	*wording.Set
	policy *disclosure.Policy
}

func load(fsys fs.FS) (sets, error) {
	set, err := wording.Load(fsys, wording.AllDrafts())
	policy, policyErr := disclosure.Load(fsys, set)
	return sets{set, policy}, errors.Join(err, policyErr)
}

func valueSets(t testing.TB) sets {
	t.Helper()
	vs, err := load(valuesets.FS())
	if err != nil {
		t.Fatal(err)
	}
	return vs
}

func build(facts []referral.Facts, vs sets, lang wording.Lang, at time.Time) timeline.Timeline {
	return buildWith(facts, nil, vs, lang, at)
}

func buildWith(facts []referral.Facts, observed []referral.Observed, vs sets, lang wording.Lang, at time.Time) timeline.Timeline {
	return timeline.Build(timeline.Input{Facts: facts, Observed: observed}, vs.Set, vs.policy, lang, at)
}

func calendarFile(r timeline.Referral, at time.Time) ([]byte, error) {
	return ical.Render(r.Appointment, at)
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

// cardiology is a plain cardiology referral with nothing at a service yet.
func cardiology(change func(*referral.Facts)) referral.Facts {
	f := referral.Facts{
		Source:           "ers-01",
		EventSource:      "ers",
		ID:               "referralAAAAAAAAAAAAAA",
		BookingReference: "000049973241",
		Version:          "1",
		State:            referral.StateNotBooked,
		Priority:         "ROUTINE",
		Specialty:        &referral.Coding{Code: "CARDIOLOGY", Display: "Cardiology"},
		ReferredOn:       referral.Date{Year: 2026, Month: time.January, Day: 11},
		Referrer:         &referral.Organisation{ODSCode: "A1001", Name: "OAKWOOD LANE MEDICAL PRACTICE", Phone: "0113 496 0000"},
		ManageURL:        "https://refer.nhs.uk/myr/000049973241",
	}
	if change != nil {
		change(&f)
	}
	return f
}

// atService sends a referral on to a hospital's service.
func atService(state string, change func(*referral.Facts)) referral.Facts {
	return cardiology(func(f *referral.Facts) {
		f.State = state
		f.Service = &referral.Service{
			ID: "serviceAAAAAAAAAAAAAAA", Name: "Chest Pain Clinic - Leeds", Type: "FIRST_OUTPATIENT",
			Specialty: &referral.Coding{Code: "CARDIOLOGY", Display: "Cardiology"},
			Provider:  &referral.Organisation{ODSCode: "RR8", Name: "LEEDS TEACHING HOSPITALS NHS TRUST", Phone: "0113 496 0001"},
			Locations: []referral.Organisation{{ODSCode: "RR813", Name: "ST JAMES'S UNIVERSITY HOSPITAL"}},
		}
		if change != nil {
			change(f)
		}
	})
}

func appointment(start time.Time, length time.Duration) *referral.Appointment {
	a := &referral.Appointment{ID: "appointmentAAAAAAAAAAA", Start: &start}
	if length > 0 {
		end := start.Add(length)
		a.End = &end
	}
	return a
}

func review(kind string, year int, month time.Month, day int) *referral.Review {
	return &referral.Review{Kind: kind, DueBy: referral.Date{Year: year, Month: month, Day: day}}
}

// one builds the timeline of one referral in English.
func one(t testing.TB, f referral.Facts, at time.Time) timeline.Referral {
	t.Helper()
	got := build([]referral.Facts{f}, valueSets(t), wording.English, at)
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

func words(t *wording.Text) string {
	if t == nil {
		return "<null>"
	}
	return t.String()
}
