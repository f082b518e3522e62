package architecture_test

import (
	"os/exec"
	"strings"
	"testing"
)

// The packages that hold the rules. They are tested in milliseconds, with neither
// network nor disk, and stay so.
func domain() []string {
	return []string{
		"referral", "disclosure", "wording", "timeline", "history", "aggregate", "fhir", "release",
		"citizen", "client", "consent", "session", "subject", "audit", "audit/export",
		"projection", "cache", "panics",
	}
}

// A linter looks at the imports of a package only; this looks at everything that
// the package is built from.
func TestTheDomainReachesNeitherNetworkNorStore(t *testing.T) {
	t.Parallel()
	const module = "github.com/patient-care-aggregator/aggregator/internal/"
	forbidden := []string{
		"net", "net/http", "database/sql", "github.com/gin-gonic/gin",
		module + "httpapi", module + "problem", module + "store", module + "app",
	}
	arguments := []string{"list", "-f", `{{.ImportPath}} {{join .Deps " "}}`}
	for _, name := range domain() {
		arguments = append(arguments, module+name)
	}
	list, err := exec.CommandContext(t.Context(), "go", arguments...).Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	lines := strings.Split(strings.TrimSpace(string(list)), "\n")
	if len(lines) != len(domain()) {
		t.Errorf("%d packages were found instead of %d", len(lines), len(domain()))
	}
	for _, line := range lines {
		name, dependencies, _ := strings.Cut(line, " ")
		for _, dependency := range strings.Fields(dependencies) {
			for _, each := range forbidden {
				if dependency == each || strings.HasPrefix(each, module) && strings.HasPrefix(dependency, each+"/") {
					t.Errorf("%s is built from %s", strings.TrimPrefix(name, module), dependency)
				}
			}
		}
	}
}
