package tests_test

import (
	"flag"
	"testing"

	"go.uber.org/goleak"
)

var update = flag.Bool("update", false, "write the golden timelines again")

func TestMain(m *testing.M) {
	waitTogether()
	goleak.VerifyTestMain(m,
		// go-cache has no Close: its janitor ends when the cache is collected.
		goleak.IgnoreAnyFunction("github.com/patrickmn/go-cache.(*janitor).Run"),
		// Nor has the limiter's memory store: its cleaner ends in the same way.
		goleak.IgnoreAnyFunction("github.com/ulule/limiter/v3/drivers/store/memory.(*cleaner).Run"),
	)
}

// waitTogether has more tests under way than there are cores, for many of them
// only wait for a time-out. Whoever says -parallel is obeyed.
func waitTogether() {
	flag.Parse()
	said := false
	flag.Visit(func(f *flag.Flag) { said = said || f.Name == "test.parallel" })
	if !said {
		_ = flag.Set("test.parallel", "8") // the flag is there: package testing made it
	}
}
