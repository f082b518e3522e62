package fhir

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestCompareNumbersIsAnOrder(t *testing.T) {
	version := rapid.OneOf(rapid.StringMatching(`[0-9]{0,22}`), rapid.StringMatching(`[0-9a-c]{0,3}`))
	sign := func(n int) int { return max(-1, min(1, n)) }
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := version.Draw(t, "a"), version.Draw(t, "b"), version.Draw(t, "c")
		if sign(compareNumbers(a, b)) != -sign(compareNumbers(b, a)) {
			t.Fatalf("%q and %q are both the newer", a, b)
		}
		if compareNumbers(a, b) <= 0 && compareNumbers(b, c) <= 0 && compareNumbers(a, c) > 0 {
			t.Fatalf("%q %q %q go round", a, b, c)
		}
		if compareNumbers(a, b) == 0 && strings.TrimLeft(a, "0") != strings.TrimLeft(b, "0") {
			t.Fatalf("%q equals %q", a, b)
		}
	})
}
