package commands_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/patient-care-aggregator/aggregator/tests/contract"
)

func TestAProductionBuildContainsNoSandbox(t *testing.T) {
	t.Parallel()
	if found := sandboxPackages(t, "-tags", "production"); len(found) > 0 {
		t.Errorf("a production build contains %v", found)
	}
	if found := sandboxPackages(t, "-tags", ""); len(found) == 0 {
		t.Error("no sandbox package was found in a development build: this test looks for the wrong names")
	}
}

// sandboxPackages lists what the program imports of the sandbox, directly or not.
func sandboxPackages(t *testing.T, flags ...string) []string {
	t.Helper()
	root, err := contract.Root()
	if err != nil {
		t.Fatal(err)
	}
	list := exec.CommandContext(t.Context(), "go", append(append([]string{"list"}, flags...), "-deps", "./cmd/aggregator")...)
	list.Dir = root
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for name := range strings.FieldsSeq(string(out)) {
		if strings.Contains(name, "/internal/sandbox") || strings.HasSuffix(name, "/internal/local") {
			found = append(found, name)
		}
	}
	return found
}
