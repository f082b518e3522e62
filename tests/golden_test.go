package tests_test

import (
	"bytes"
	"cmp"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/patient-care-aggregator/aggregator/internal/local"
	"github.com/patient-care-aggregator/aggregator/tests/harness"
)

// mostWhole is how many referrals a golden file shows in full. Of a longer answer
// it has one line for each referral, so that people can review it.
const mostWhole = 6

// TestEachCitizensTimelineIsAsGolden makes the whole journey of every citizen of
// the sandbox: sign-in, consent, timeline. Who is turned away, and why, is in
// who_may_test.go and foreign_subject_test.go. Time and randomness are the same in
// each run, so the answer must be the golden one byte by byte.
func TestEachCitizensTimelineIsAsGolden(t *testing.T) {
	t.Parallel()
	turnedAway := []string{"cosmo", "nemo", "noah", "olive", "pip", "yusuf", "zara"}
	random := harness.NewRandom()
	s := harness.Start(t, harness.Env("PCA_RATE_LIMIT_ADDRESS", "off"), func(o *local.Options) { o.Random = random })
	var files []string
	for _, c := range s.Sandbox.Citizens() {
		if slices.Contains(turnedAway, c.Name) {
			continue
		}
		t.Run(c.Name, func(t *testing.T) {
			random.Seed(c.Name)
			a := s.Consented(c.Name).In(t).Get("/v1/timeline")
			shown := harness.Read[answer](t, a.Body)
			status := http.StatusMultiStatus
			if shown.Complete {
				status = http.StatusOK
			}
			harness.Answered(t, a, status)
			shown.inOrder(t)
			name, text := c.Name+".json", harness.Indent(t, a.Body)
			if len(shown.Referrals) > mostWhole {
				name, text = c.Name+".txt", shown.table()
			}
			files = append(files, name)
			golden(t, name, text)
		})
	}
	found, err := os.ReadDir(filepath.Join("testdata", "golden"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		if !slices.Contains(files, f.Name()) {
			t.Errorf("the golden file %s belongs to no citizen", f.Name())
		}
	}
}

// answer is GET /v1/timeline as far as its order and its table are concerned.
type answer struct {
	Complete bool
	Sources  []struct{ ID, Status string }
	Summary  struct {
		NeedsAction     int
		NextAppointment *string
		Text            string
	}
	Referrals []referral
	Events    []event
}

type referral struct {
	ID, BookingReference string
	Specialty            *struct{ Code *string }
	State                struct{ Code, WhoActs, Title, NextStep string }
	Appointment          *struct{ Start *string }
	Review               *struct{ Kind, DueBy *string }
}

type event struct {
	Kind     string
	At       *string
	Upcoming bool
}

// place is 0 for what happened, 1 for what is so now, 2 for what is to come.
func (e event) place() int {
	switch {
	case e.Upcoming:
		return 2
	case e.At == nil:
		return 1
	}
	return 0
}

// inOrder asserts the order that citizens rely on, for every citizen, so that
// nobody can lose it by accepting new golden files.
func (a answer) inOrder(t *testing.T) {
	t.Helper()
	if !slices.IsSortedFunc(a.Referrals, func(x, y referral) int { return y.yours() - x.yours() }) {
		t.Error("a referral that waits for the citizen comes after one that does not")
	}
	if !slices.IsSortedFunc(a.Events, func(x, y event) int { return x.place() - y.place() }) {
		t.Error("events are not in the order past, present, to come")
	}
}

func (r referral) yours() int {
	if r.State.WhoActs == "you" {
		return 1
	}
	return 0
}

// table has what a person reviews of a long answer, in the order of the answer.
func (a answer) table() []byte {
	var out bytes.Buffer
	for _, s := range a.Sources {
		fmt.Fprintf(&out, "source %s: %s\n", s.ID, s.Status)
	}
	fmt.Fprintf(&out, "summary: %s; next appointment %s\n", a.Summary.Text, orDash(a.Summary.NextAppointment))
	kinds := map[string]int{}
	for _, e := range a.Events {
		kinds[e.Kind]++
	}
	fmt.Fprintf(&out, "events: %d, of these %v\n\n", len(a.Events), kinds) // fmt prints maps in the order of their keys
	for _, r := range a.Referrals {
		specialty, due := "-", "-"
		if r.Specialty != nil {
			specialty = orDash(r.Specialty.Code)
		}
		switch {
		case r.Appointment != nil:
			due = "appointment " + orDash(r.Appointment.Start)
		case r.Review != nil:
			due = orDash(r.Review.Kind) + " by " + orDash(r.Review.DueBy)
		}
		fmt.Fprintln(&out, strings.Join([]string{
			r.BookingReference, r.State.Code, specialty, r.State.WhoActs, r.State.Title, due, r.State.NextStep,
		}, " | "))
	}
	return out.Bytes()
}

// golden compares with a file, byte by byte.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", "golden", name)
	if *update {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("not as golden (-want +got); -update writes the new one:\n%s", diff)
	}
}

func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func orDash(s *string) string { return cmp.Or(value(s), "-") }
