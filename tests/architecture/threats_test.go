package architecture_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestEveryThreatNamesATestThatExists keeps the threat model honest: what no test
// holds is not stopped, only believed to be.
func TestEveryThreatNamesATestThatExists(t *testing.T) {
	t.Parallel()
	model, err := os.ReadFile(filepath.Join("..", "..", "docs", "threat-model.md"))
	if err != nil {
		t.Fatal(err)
	}
	var tests strings.Builder
	for name, source := range goFiles(t) {
		if strings.HasSuffix(name, "_test.go") {
			tests.Write(source)
		}
	}
	rows := regexp.MustCompile(`(?m)^\| (T\d\d) .*$`).FindAllStringSubmatch(string(model), -1)
	if len(rows) == 0 {
		t.Fatal("the model has no threat")
	}
	for _, row := range rows {
		named := regexp.MustCompile("`((?:Test|Fuzz)[A-Za-z]+)`").FindAllStringSubmatch(row[0], -1)
		if len(named) == 0 {
			t.Errorf("%s: no test holds it", row[1])
		}
		for _, name := range named {
			if !strings.Contains(tests.String(), "func "+name[1]+"(") {
				t.Errorf("%s: there is no %s", row[1], name[1])
			}
		}
	}
}
