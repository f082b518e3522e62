package pages_test

import (
	"testing"

	"github.com/patient-care-aggregator/aggregator/tests/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }

// start runs the service of an operator who can be reached.
func start(t *testing.T) *harness.Service {
	t.Helper()
	return harness.Start(t, harness.Env(
		"PCA_OPERATOR_NAME", "Leeds Test Trust", "PCA_OPERATOR_CONTACT", "help@example.org", "PCA_RATE_LIMIT_ADDRESS", "off"))
}
