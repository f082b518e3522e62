package commands_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/patient-care-aggregator/aggregator/tests/contract"
)

// TestMain builds the program once.
func TestMain(m *testing.M) {
	code, err := build(m.Run)
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// binary is where the program was built.
const binary = "PCA_TEST_BINARY"

func build(run func() int) (code int, err error) {
	root, err := contract.Root()
	if err != nil {
		return 0, err
	}
	dir, err := os.MkdirTemp("", "aggregator-binary-")
	if err != nil {
		return 0, fmt.Errorf("make folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "aggregator")
	made := exec.Command("go", slices.Concat([]string{"build", "-o", path}, buildFlags(), []string{"./cmd/aggregator"})...)
	made.Dir, made.Stderr, made.Env = root, os.Stderr, append(os.Environ(), buildEnvironment()...)
	if err := made.Run(); err != nil {
		return 0, fmt.Errorf("build the program: %w", err)
	}
	if err := os.Setenv(binary, path); err != nil {
		return 0, fmt.Errorf("remember the program: %w", err)
	}
	return run(), nil
}
