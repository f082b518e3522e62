package config

import (
	"strings"
	"testing"
)

func TestWhoRunsTheServiceIsNamedInProduction(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		operator Operator
		local    bool
		faults   int
	}{
		"production, no operator named": {Operator{}, false, 2},
		"production, no contact":        {Operator{Name: "Leeds Test Trust"}, false, 1},
		"production, both":              {Operator{"Leeds Test Trust", "help@example.org"}, false, 0},
		"local, no operator named":      {Operator{}, true, 0},
		"a name of two lines":           {Operator{"Leeds\nTrust", "help@example.org"}, false, 1},
		"a contact that never ceases":   {Operator{"Leeds Test Trust", strings.Repeat("x", 201)}, false, 1},
	} {
		if faults := c.operator.withDefaults(c.local).check(); len(faults) != c.faults {
			t.Errorf("%s: %v", name, faults)
		}
	}
}
