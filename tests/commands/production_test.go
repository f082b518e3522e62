//go:build production

package commands_test

import (
	"bytes"
	"debug/elf"
	"os"
	"slices"
	"strings"
	"testing"
)

func TestTheProductionProgramOffersNoSandbox(t *testing.T) {
	t.Parallel()
	help := run(t, nil, "--help")
	succeeded(t, help)
	for line := range strings.Lines(help.stdout) {
		for _, command := range []string{"dev", "demo", "sandbox"} {
			if slices.Contains(strings.Fields(line), command) {
				t.Errorf("--help names %s: %s", command, line)
			}
		}
	}
	for _, command := range []string{"dev", "demo", "sandbox"} {
		if r := run(t, nil, command); r.code != 2 {
			t.Errorf("%s: exit code %d: %s%s", command, r.code, r.stdout, r.stderr)
		}
	}
	version := run(t, nil, "version")
	succeeded(t, version)
	if !strings.Contains(version.stdout, "(production build)") {
		t.Errorf("version prints %s", version.stdout)
	}
}

func TestTheProductionProgramContainsNoKeyOrCitizenOfTheSandbox(t *testing.T) {
	t.Parallel()
	program, err := os.ReadFile(os.Getenv(binary))
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"sandbox-nhs-login-1", "sandbox-staff-1", "sandbox_citizen", "FAIRWEATHER", "internal/sandbox", "internal/local"} {
		if bytes.Contains(program, []byte(text)) {
			t.Errorf("the program contains %q", text)
		}
	}
}

func TestTheProductionProgramIsStatic(t *testing.T) {
	t.Parallel()
	program, err := elf.Open(os.Getenv(binary))
	if err != nil {
		t.Skipf("not an ELF program: %v", err)
	}
	defer closed(t, program)
	for _, p := range program.Progs {
		if p.Type == elf.PT_INTERP || p.Type == elf.PT_DYNAMIC {
			t.Errorf("the program has a segment %v: it needs libraries of the machine it runs on", p.Type)
		}
	}
}
