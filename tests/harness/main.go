package harness

import (
	"flag"
	"testing"

	"go.uber.org/goleak"

	"github.com/patient-care-aggregator/aggregator/internal/redis"
	"github.com/patient-care-aggregator/aggregator/internal/store/postgrestest"
)

// Main runs the tests of a package and fails if a goroutine is left. It is for
// TestMain.
func Main(m *testing.M) {
	waitTogether()
	redis.Silence()
	goleak.VerifyTestMain(withPostgreSQL{m},
		// go-cache has no Close: its janitor ends when the cache is collected.
		goleak.IgnoreAnyFunction("github.com/patrickmn/go-cache.(*janitor).Run"),
		// Nor has the limiter's memory store: its cleaner ends in the same way.
		goleak.IgnoreAnyFunction("github.com/ulule/limiter/v3/drivers/store/memory.(*cleaner).Run"),
	)
}

// withPostgreSQL stops the server that tests may have started before it is looked for
// goroutines that are left.
type withPostgreSQL struct{ tests *testing.M }

// Run implements goleak.TestingM.
func (w withPostgreSQL) Run() int { return postgrestest.Main(w.tests) }

// waitTogether runs more tests at once than there are cores, because many of them
// only wait for a time-out. The flag -parallel goes before it.
func waitTogether() {
	flag.Parse()
	said := false
	flag.Visit(func(f *flag.Flag) { said = said || f.Name == "test.parallel" })
	if !said {
		_ = flag.Set("test.parallel", "8") // the flag is there: package testing made it
	}
}
