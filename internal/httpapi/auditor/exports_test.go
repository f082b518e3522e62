package auditor

import "testing"

func TestOneAuditorsExportsKeepNobodyElseOut(t *testing.T) {
	t.Parallel()
	e := &exports{of: map[string]int{}}
	begin := func(who string, want bool) func() {
		t.Helper()
		done, ok := e.begin(who)
		if ok != want {
			t.Fatalf("%s: %v", who, ok)
		}
		return done
	}
	first := begin("ada", true)
	begin("ada", true)
	begin("ada", false)
	begin("bob", true)
	begin("cyd", true)
	begin("dan", false) // four are in progress
	first()
	first() // once is enough
	last := begin("dan", true)
	begin("ada", false)
	last()
	begin("ada", true)
}
