package app

import (
	"os/exec"
	"strings"
	"testing"
)

// TestTheDomainReachesNeitherNetworkNorStore looks at everything that a package is
// built from: a rule on its own imports does not see what those import.
func TestTheDomainReachesNeitherNetworkNorStore(t *testing.T) {
	t.Parallel()
	const module = "github.com/patient-care-aggregator/aggregator/internal/"
	far := map[string]bool{
		"net": true, "net/http": true, "database/sql": true, "github.com/gin-gonic/gin": true,
		module + "httpapi": true, module + "store": true, module + "store/sqlite": true, module + "app": true,
	}
	for _, name := range []string{
		"referral", "wording", "disclosure", "timeline", "fhir", "citizen", "client", "consent", "session", "history", "audit", "audit/export", "subject", "cache",
	} {
		list, err := exec.CommandContext(t.Context(), "go", "list", "-deps", module+name).Output()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, dependency := range strings.Fields(string(list)) {
			if far[dependency] {
				t.Errorf("%s is built from %s", name, dependency)
			}
		}
	}
}
