//go:build production

package commands_test

// buildFlags make the program that operators run, as README.md and the Makefile do.
func buildFlags() []string {
	return []string{"-tags", "production", "-trimpath", "-ldflags", "-s -w"}
}

func buildEnvironment() []string { return []string{"CGO_ENABLED=0"} }
