package valuesets_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestEveryFileHasHazards: docs/clinical-safety/hazard-log.md names for each file
// which hazards its words can cause, and those are in the log.
func TestEveryFileHasHazards(t *testing.T) {
	raw, err := os.ReadFile("../docs/clinical-safety/hazard-log.md")
	if err != nil {
		t.Fatal(err)
	}
	log := string(raw)
	for _, name := range yamlFiles(t) {
		row := regexp.MustCompile("(?m)^\\| `" + regexp.QuoteMeta(name) + "` \\| (.+) \\|$").FindStringSubmatch(log)
		if row == nil {
			t.Errorf("the hazard log does not say which hazards %s can cause", name)
			continue
		}
		found := regexp.MustCompile(`H\d{2}`).FindAllString(row[1], -1)
		if len(found) == 0 {
			t.Errorf("%s: no hazards", name)
		}
		for _, id := range found {
			if !strings.Contains(log, "\n| "+id+" | ") {
				t.Errorf("%s: the log has no hazard %s", name, id)
			}
		}
	}
}
