package tests_test

import (
	"flag"
	"testing"

	"github.com/patient-care-aggregator/aggregator/tests/harness"
)

var update = flag.Bool("update", false, "write the golden timelines again")

func TestMain(m *testing.M) { harness.Main(m) }
