//go:build !production

package commands_test

// buildFlags make the program that developers run.
func buildFlags() []string { return nil }

// buildEnvironment adds to the toolchain's own.
func buildEnvironment() []string { return nil }
