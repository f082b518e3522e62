//go:build !production

package commands_test

import "testing"

// buildFlags make the program that developers run.
func buildFlags() []string { return nil }

// buildEnvironment adds to the toolchain's own.
func buildEnvironment() []string { return nil }

// startSandbox runs the sandbox as the program's own command until the test ends.
func startSandbox(t *testing.T, addr, apps string) {
	t.Helper()
	p := begin(t, nil, "sandbox", "--addr", addr, "--apps", apps)
	p.says(p.stdout, "registered apps")
}
