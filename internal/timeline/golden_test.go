package timeline_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/patient-care-aggregator/aggregator/internal/referral"
	"github.com/patient-care-aggregator/aggregator/internal/timeline"
	"github.com/patient-care-aggregator/aggregator/internal/wording"
)

var update = flag.Bool("update", false, "rewrite the golden timelines")

func goldenScenarios() map[string][]referral.Facts {
	summer := time.Date(2026, time.August, 5, 13, 30, 0, 0, time.UTC)
	future := func(f *referral.Facts) { f.Appointment = appointment(summer, 20*time.Minute) }
	states := map[string][]referral.Facts{
		"no referrals":          nil,
		"not booked":            {cardiology(nil)},
		"booked with a start":   {atService(referral.StateBooked, future)},
		"booked by phone":       {atService(referral.StateBooked, func(f *referral.Facts) { future(f); f.Service.Type = "TELEPHONE_ASSESSMENT" })},
		"booked without start":  {atService(referral.StateBooked, func(f *referral.Facts) { f.Appointment = &referral.Appointment{ID: "appointmentAAAAAAAAAAA"} })},
		"booked and unreadable": {atService(referral.StateBooked, nil)},
		"booked and passed": {atService(referral.StateBooked, func(f *referral.Facts) {
			f.Appointment = appointment(time.Date(2026, time.January, 14, 12, 0, 0, 0, time.UTC), 20*time.Minute)
		})},
		"being reviewed": {atService(referral.StateAwaitingTriage, func(f *referral.Facts) {
			f.Review = review(referral.ReviewTriage, 2026, time.January, 25)
		})},
		"review overdue": {atService(referral.StateAwaitingTriage, func(f *referral.Facts) {
			f.Review = review(referral.ReviewTriage, 2026, time.January, 19)
		})},
		"being reviewed without a date": {atService(referral.StateAwaitingTriage, nil)},
		"provider arranges": {atService(referral.StateDeferToProvider, func(f *referral.Facts) {
			f.Review = review(referral.ReviewAppointment, 2026, time.February, 1)
		})},
		"provider arranges overdue": {atService(referral.StateDeferToProvider, func(f *referral.Facts) {
			f.Review = review(referral.ReviewAppointment, 2026, time.January, 1)
		})},
		"reviewed":                       {atService(referral.StateReviewed, nil)},
		"cancelled and being rearranged": {atService(referral.StateCancelledToRearrange, future)},
		"next step being arranged":       {atService(referral.StateBeingArranged, nil)},
		"sent back":                      {atService(referral.StateSentBack, nil)},
		"rejected":                       {atService(referral.StateRejected, nil)},
		"cancelled by the patient":       {atService(referral.StateCancelledByPatient, future)},
		"cancelled by the hospital":      {atService(referral.StateCancelledByProvider, future)},
		"unknown state":                  {atService("SENT_TO_2WW_TRACKER", nil)},
		"state against appointment":      {atService(referral.StateRejected, future)},
		"two week wait": {atService(referral.StateBooked, func(f *referral.Facts) {
			future(f)
			f.Priority = "TWO_WEEK_WAIT"
			f.Specialty = &referral.Coding{Code: "2WW", Display: "2 Week Wait"}
			f.Service.Name = "Urgent Suspected Cancer - Lung - Leeds"
			f.Service.Locations = []referral.Organisation{{ODSCode: "RR8ZZ", Name: "LEEDS CANCER CENTRE"}}
		})},
		"nothing but an id": {{Source: "ers-01", EventSource: "ers", ID: "bareAAAAAAAAAAAAAAAAAA"}},
	}
	var everything []referral.Facts
	for i, name := range []string{"not booked", "booked with a start", "review overdue", "being reviewed", "two week wait", "rejected"} {
		f := states[name][0]
		f.ID = strings.Repeat(string(rune('A'+i)), 22)
		everything = append(everything, f)
	}
	states["several referrals"] = everything
	return states
}

// TestSituations compares what every situation says with testdata/situations.txt,
// one short block a situation. The whole answers are in tests/testdata/golden.
func TestSituations(t *testing.T) {
	vs := valueSets(t)
	var out strings.Builder
	scenarios := goldenScenarios()
	for _, name := range slices.Sorted(maps.Keys(scenarios)) {
		outline(&out, name, build(scenarios[name], vs, wording.English, now()))
	}
	outline(&out, "several referrals, in Welsh", build(scenarios["several referrals"], vs, wording.Welsh, now()))
	checkGolden(t, "situations.txt", out.String())
}

// outline writes a timeline in the lines that a reader checks. A part in another
// language than English is marked with it.
func outline(out *strings.Builder, name string, got timeline.Timeline) {
	fmt.Fprintf(out, "# %s\n%s\n", name, marked(got.Summary.Text))
	for _, r := range got.Referrals {
		fmt.Fprintf(out, "%s, %s, %s acts\n", r.State.Code, r.State.Phase, r.State.WhoActs)
		for _, words := range []wording.Text{r.State.Title, r.State.Description, r.State.NextStep} {
			fmt.Fprintf(out, "  %s\n", marked(words))
		}
		if r.Waiting != nil {
			fmt.Fprintf(out, "  %s\n", marked(r.Waiting.Text))
		}
		fmt.Fprintf(out, "  contact: %s, %s\n", marked(r.Contact.Name), text(r.Contact.Phone))
		for _, e := range r.Events {
			line := text(e.At) + " " + e.Source + ": " + marked(e.Title)
			if e.Detail != nil && e.Kind != timeline.EventState || e.Detail != nil && e.At != nil {
				line += " / " + marked(*e.Detail)
			}
			fmt.Fprintf(out, "  - %s\n", line)
		}
	}
	out.WriteString("\n")
}

func marked(t wording.Text) string {
	var parts []string
	for _, part := range t.Parts() {
		if part.Lang != "" && part.Lang != wording.English {
			part.Text = "[" + string(part.Lang) + "] " + part.Text
		}
		parts = append(parts, part.Text)
	}
	return strings.Join(parts, " | ")
}

func checkGolden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v (run with -update to make it)", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("the timeline changed (-want +got); if it should, run with -update:\n%s", diff)
	}
}
