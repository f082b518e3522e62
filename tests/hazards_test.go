package tests_test

import (
	"io/fs"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/patient-care-aggregator/aggregator/tests/harness"
	"github.com/patient-care-aggregator/aggregator/valuesets"
)

// hazardRows are the rows of the hazard log that say which hazards a text or source
// can cause: the patterns of keys, by file, or by "source".
func hazardRows(t *testing.T) map[string][]string {
	t.Helper()
	log, err := os.ReadFile("../docs/clinical-safety/hazard-log.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(log), "## Which hazards each text and source can cause")
	rows := map[string][]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| `?([a-z.-]+)`? \\| (.+) \\| (H\\d\\d.*) \\|$").FindAllStringSubmatch(table, -1) {
		rows[row[1]] = append(rows[row[1]], strings.Split(row[2], ", ")...)
		for _, id := range strings.Split(row[3], ", ") {
			if !strings.Contains(string(log), "\n| "+id+" | ") {
				t.Errorf("%s %s: the log has no hazard %s", row[1], row[2], id)
			}
		}
	}
	return rows
}

func hasHazard(patterns []string, key string) bool {
	for _, pattern := range patterns {
		if begin, open := strings.CutSuffix(pattern, "*"); pattern == key || open && strings.HasPrefix(key, begin) {
			return true
		}
	}
	return false
}

// TestEveryTextHasAHazard: what a citizen can be told has been thought about. A new
// state, appointment type or phrase needs its row in the hazard log.
func TestEveryTextHasAHazard(t *testing.T) {
	rows := hazardRows(t)
	for file, lists := range map[string][]string{
		"states.yaml": {"states"}, "appointment-types.yaml": {"appointment_types"}, "reviews.yaml": {"reviews"},
		"priorities.yaml": {"priorities"}, "phrases.yaml": {"phrases", "counted"},
	} {
		raw, err := fs.ReadFile(valuesets.FS(), file)
		if err != nil {
			t.Fatal(err)
		}
		var all map[string]any
		if err := yaml.Unmarshal(raw, &all); err != nil {
			t.Fatal(err)
		}
		for _, list := range lists {
			texts, _ := all[list].(map[string]any)
			if len(texts) == 0 {
				t.Errorf("%s has no %s", file, list)
			}
			for key := range texts {
				if !hasHazard(rows[file], key) {
					t.Errorf("%s: no hazard is named for %s", file, key)
				}
			}
		}
	}
}

func TestEverySourceHasAHazard(t *testing.T) {
	t.Parallel()
	answer := harness.Start(t).Consented("bella").Get("/v1/timeline")
	harness.Answered(t, answer, http.StatusOK)
	told := harness.Read[struct{ Sources []struct{ ID string } }](t, answer.Body)
	if len(told.Sources) == 0 {
		t.Fatal("no source is named")
	}
	rows := hazardRows(t)
	for _, source := range told.Sources {
		if !hasHazard(rows["source"], source.ID) {
			t.Errorf("no hazard is named for the source %s", source.ID)
		}
	}
}
