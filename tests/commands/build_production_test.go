//go:build production

package commands_test

import (
	"os"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/sandbox"
)

// buildFlags make the program that operators run, as the Makefile does.
func buildFlags() []string {
	return []string{"-tags", "production,nomsgpack", "-trimpath", "-ldflags", "-s -w"}
}

func buildEnvironment() []string { return []string{"CGO_ENABLED=0"} }

// startSandbox runs the sandbox in the test, because the program does not contain it.
func startSandbox(t *testing.T, addr, apps string) {
	t.Helper()
	f, err := os.Open(apps)
	if err != nil {
		t.Fatal(err)
	}
	defer closed(t, f)
	registered, err := sandbox.ReadApps(f)
	if err != nil {
		t.Fatal(err)
	}
	s, err := sandbox.Start(t.Context(), sandbox.Options{Addr: addr, Now: time.Now, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	for _, app := range registered {
		if err := s.Register(app); err != nil {
			t.Fatal(err)
		}
	}
}
