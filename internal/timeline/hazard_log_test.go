package timeline_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestTheHazardLogNamesTestsThatExist keeps the clinical safety case honest: a
// control whose test was renamed or removed is not a control.
func TestTheHazardLogNamesTestsThatExist(t *testing.T) {
	log, err := os.ReadFile("../../docs/clinical-safety/hazard-log.md")
	if err != nil {
		t.Fatal(err)
	}
	var tests strings.Builder
	for _, pattern := range []string{"../*/*_test.go", "../../valuesets/*_test.go", "../../tests/*_test.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			tests.Write(raw)
		}
	}
	names := regexp.MustCompile("`((?:Test|Fuzz)[A-Za-z]+)`").FindAllStringSubmatch(string(log), -1)
	if len(names) == 0 {
		t.Fatal("the log names no test")
	}
	for _, name := range names {
		if !strings.Contains(tests.String(), "func "+name[1]+"(") {
			t.Errorf("the log names %s, which does not exist", name[1])
		}
	}
}
