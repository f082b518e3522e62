package commands_test

import (
	"strings"
	"testing"
)

func TestHelpAndWrongArguments(t *testing.T) {
	t.Parallel()
	r := run(t, nil, "--help")
	if r.code != 0 {
		t.Errorf("--help: exit code %d", r.code)
	}
	for _, command := range []string{"serve", "keys generate", "config check", "audit verify", "audit export", "version"} {
		if !strings.Contains(r.stdout, command) {
			t.Errorf("--help does not name %q", command)
		}
	}
	if r := run(t, nil, "--version"); r.code != 0 || strings.TrimSpace(r.stdout) == "" {
		t.Errorf("--version: exit code %d, %q", r.code, r.stdout)
	}
	for _, args := range [][]string{{"unknown"}, {"serve", "--unknown"}, {"audit", "export", "--format", "xml", "--database", "sqlite:x"}, {}} {
		if r := run(t, nil, args...); r.code != 2 || r.stderr == "" {
			t.Errorf("%v: exit code %d, want 2 and a word about it", args, r.code)
		}
	}
}
