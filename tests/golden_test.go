package tests_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

// TestEachCitizensTimelineIsAsGolden makes the whole journey of every citizen of
// the sandbox: sign-in, consent, timeline. Who is turned away, and why, stands in
// who_may_test.go and foreign_subject_test.go.
func TestEachCitizensTimelineIsAsGolden(t *testing.T) {
	t.Parallel()
	turnedAway := []string{"cosmo", "nemo", "noah", "olive", "pip", "yusuf", "zara"}
	s := start(t, env("PCA_RATE_LIMIT_ADDRESS", "off"))
	for _, c := range s.Sandbox.Citizens() {
		if slices.Contains(turnedAway, c.Name) {
			continue
		}
		t.Run(c.Name, func(t *testing.T) {
			a := s.consented(c.Name).in(t).get("/v1/timeline")
			status := http.StatusMultiStatus
			if read[struct{ Complete bool }](t, a.Body).Complete {
				status = http.StatusOK
			}
			answered(t, a, status)
			inOrder(t, a.Body)
			golden(t, c.Name, a.Body)
		})
	}
}

// answer is GET /v1/timeline as far as its order is concerned; its members stand
// in the order in which the service writes them.
type answer struct {
	AsOf      json.RawMessage   `json:"asOf"`
	Complete  json.RawMessage   `json:"complete"`
	Sources   json.RawMessage   `json:"sources"`
	Notices   json.RawMessage   `json:"notices"`
	Summary   json.RawMessage   `json:"summary"`
	Referrals []json.RawMessage `json:"referrals"`
	Events    []json.RawMessage `json:"events"`
}

type referral struct {
	ID               string
	BookingReference string
	State            struct{ WhoActs string }
}

type event struct {
	ReferralID string
	Kind       string
	At         *string
	Upcoming   bool
}

// place is 0 for what happened, 1 for where things stand, 2 for what is to come.
func (e event) place() int {
	switch {
	case e.Upcoming:
		return 2
	case e.At == nil:
		return 1
	}
	return 0
}

// inOrder asserts the order that citizens rely on, which golden files cannot
// hold where ids decide between equals.
func inOrder(t *testing.T, body []byte) {
	t.Helper()
	a := read[answer](t, body)
	if !slices.IsSortedFunc(a.Referrals, func(x, y json.RawMessage) int {
		return yours(read[referral](t, y)) - yours(read[referral](t, x))
	}) {
		t.Error("a referral that waits for the citizen stands behind one that does not")
	}
	if !slices.IsSortedFunc(a.Events, func(x, y json.RawMessage) int {
		return read[event](t, x).place() - read[event](t, y).place()
	}) {
		t.Error("events are not in the order past, present, to come")
	}
}

func yours(r referral) int {
	if r.State.WhoActs == "you" {
		return 1
	}
	return 0
}

func read[T any](t *testing.T, text []byte) (v T) {
	t.Helper()
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return v
}

// golden compares with a file. Ids come from a secret that is random in each
// run: they are replaced by placeholders, and equals are put in an order of
// their own.
func golden(t *testing.T, name string, body []byte) {
	t.Helper()
	a := read[answer](t, body)
	reference := map[string]string{}
	for _, raw := range a.Referrals {
		r := read[referral](t, raw)
		reference[r.ID] = r.BookingReference
	}
	slices.SortFunc(a.Referrals, func(x, y json.RawMessage) int {
		return cmp.Compare(read[referral](t, x).BookingReference, read[referral](t, y).BookingReference)
	})
	slices.SortFunc(a.Events, func(x, y json.RawMessage) int {
		m, n := read[event](t, x), read[event](t, y)
		return cmp.Or(m.place()-n.place(), cmp.Compare(value(m.At), value(n.At)),
			cmp.Compare(reference[m.ReferralID], reference[n.ReferralID]), cmp.Compare(m.Kind, n.Kind))
	})
	text, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	got := placeholders(indent(t, text))
	path := filepath.Join("testdata", "golden", name+".json")
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
		t.Errorf("not as golden (-want +got); -update writes it anew:\n%s", diff)
	}
}

// placeholders replaces each opaque id by a name for it, the same everywhere.
func placeholders(text []byte) []byte {
	names := map[string]string{}
	name := func(id string) string {
		if names[id] == "" {
			names[id] = fmt.Sprintf("id-%d", len(names)+1)
		}
		return names[id]
	}
	quoted := regexp.MustCompile(`("(?:id|referralId)": ")([A-Za-z0-9_-]{22})"|(/v1/referrals/)([A-Za-z0-9_-]{22})/`)
	return quoted.ReplaceAllFunc(text, func(found []byte) []byte {
		parts := quoted.FindSubmatch(found)
		if len(parts[2]) > 0 {
			return fmt.Appendf(nil, `%s%s"`, parts[1], name(string(parts[2])))
		}
		return fmt.Appendf(nil, `%s%s/`, parts[3], name(string(parts[4])))
	})
}

func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
