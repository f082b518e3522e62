package fhir_test

import (
	"os/exec"
	"strings"
	"testing"
)

// TestImportsNoNetwork: reading FHIR is pure, also by what its imports import.
func TestImportsNoNetwork(t *testing.T) {
	list, err := exec.CommandContext(t.Context(), "go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range strings.Fields(string(list)) {
		if name == "net" || strings.HasPrefix(name, "net/http") {
			t.Errorf("internal/fhir reaches %s", name)
		}
	}
}
