package sandbox_test

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/patient-care-aggregator/aggregator/internal/sandbox"
	"github.com/patient-care-aggregator/aggregator/internal/sandbox/faults"
)

var update = flag.Bool("update", false, "write the catalogue into docs/sandbox.md")

const catalogueMark = "<!-- citizens: written by go test ./internal/sandbox -run TheDocumentListsEverybody -update -->\n"

func document(t *testing.T) (path, text string) {
	t.Helper()
	path = filepath.Join(repositoryRoot(t), "docs", "sandbox.md")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return path, string(b)
}

func TestTheDocumentListsEverybody(t *testing.T) {
	path, text := document(t)
	var table strings.Builder
	table.WriteString("\n| name | story | breaks the contract |\n|---|---|---|\n")
	for _, c := range start(t).Citizens() {
		fmt.Fprintf(&table, "| `%s` | %s | %s |\n", c.Name, c.Story, c.Strange)
	}
	before, after, found := strings.Cut(text, catalogueMark)
	if !found {
		t.Fatal("docs/sandbox.md has lost its mark")
	}
	if *update {
		if err := os.WriteFile(path, []byte(before+catalogueMark+table.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if after != table.String() {
		t.Error("docs/sandbox.md does not list the citizens as they are; run the test with -update")
	}
}

func TestTheDocumentNamesEveryFault(t *testing.T) {
	_, text := document(t)
	for _, kind := range faults.Kinds() {
		if !strings.Contains(text, "`"+string(kind)+"`") {
			t.Errorf("docs/sandbox.md does not name %s", kind)
		}
	}
}

// TestTheTourWorksAsWritten runs every command of the document, in order, and
// looks for what it says they print.
func TestTheTourWorksAsWritten(t *testing.T) {
	for _, tool := range []string{"bash", "curl", "sed", "base64"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("the tour needs %s", tool)
		}
	}
	_, text := document(t)
	tour := text[strings.Index(text, "## Tour"):strings.Index(text, "## Your own application")]
	blocks := regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(tour, -1)
	if len(blocks) < 10 {
		t.Fatalf("only %d blocks of commands were found", len(blocks))
	}
	s := start(t, func(o *sandbox.Options) { o.Limits = sandbox.Limits{} })
	const border = "----- next block -----"
	var script strings.Builder
	for _, block := range blocks {
		script.WriteString(block[1] + "\necho '" + border + "'\n")
	}
	commands := strings.ReplaceAll(script.String(), "http://127.0.0.1:9700", s.URL())
	out, err := exec.CommandContext(t.Context(), "bash", "-eu", "-o", "pipefail", "-c", commands).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	printed := strings.Split(string(out), border)
	expected := regexp.MustCompile(`(?m)^# prints: (.*)$`)
	for i, block := range blocks {
		for _, want := range expected.FindAllStringSubmatch(block[1], -1) {
			if !strings.Contains(printed[i], want[1]) {
				t.Errorf("block %d does not print %q but %.400s\n%s", i+1, want[1], printed[i], block[1])
			}
		}
	}
}
