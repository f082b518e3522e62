package api_test

import (
	"testing"

	"github.com/patient-care-aggregator/aggregator/tests/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }
