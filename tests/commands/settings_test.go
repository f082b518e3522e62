package commands_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// settingsOfTheService are the commands that read the service's settings, in an
// order in which all succeed. NUMBER is a file and HOLD the id of the last hold.
func settingsOfTheService() []string {
	return []string{
		"config check",
		"keys reseal",
		"audit verify",
		"audit export",
		"audit export --nhs-number-file NUMBER",
		"audit checkpoint",
		"audit prove 2",
		"audit change-key",
		"audit public-key",
		"audit retention",
		"subject export --nhs-number-file NUMBER --reason legal --operator Ada",
		"subject hold --nhs-number-file NUMBER --reason legal --operator Ada",
		"subject sign-out --nhs-number-file NUMBER --reason legal --operator Ada",
		"subject holds",
		"subject lift HOLD --reason legal --operator Ada --approved-by Grace",
		"subject erase --nhs-number-file NUMBER --reason legal --operator Ada --approved-by Grace",
	}
}

func TestEveryCommandReadsSecretsAsServeDoes(t *testing.T) {
	t.Parallel()
	d := deploy(t)
	number := filepath.Join(t.TempDir(), "number.txt")
	if err := os.WriteFile(number, []byte("9990000050\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	byFile, byValue := d.environ, secretsByValue(t, d.environ)
	for form, environ := range map[string][]string{"by file": byFile, "by value": byValue} {
		p := begin(t, environ, "serve")
		p.says(p.stderr, `"msg":"ready"`)
		d.journey(t, "sunny") // again after the erasure of the other form
		hold := ""
		for _, command := range settingsOfTheService() {
			args := strings.Fields(strings.NewReplacer("NUMBER", number, "HOLD", hold).Replace(command))
			r := run(t, environ, args...)
			if r.code != 0 {
				t.Errorf("secrets %s: %s: exit code %d: %s", form, command, r.code, r.stderr)
			}
			if id := regexp.MustCompile(`^Hold (\S+)`).FindStringSubmatch(r.stdout); id != nil {
				hold = id[1]
			}
		}
		if r := p.stop(os.Interrupt); r.code != 0 {
			t.Errorf("secrets %s: serve: exit code %d: %s", form, r.code, r.stderr)
		}
	}
	both := slices.Concat(byFile, byValue)
	for _, command := range []string{"serve", "config check", "subject export --reason legal --operator Ada --nhs-number-file " + number} {
		if r := run(t, both, strings.Fields(command)...); r.code != 2 || !strings.Contains(r.stderr, "PCA_SECRET_KEY: given both") {
			t.Errorf("%s with the key ring in both forms: exit code %d: %s", command, r.code, r.stderr)
		}
	}
}

func TestNoCommandIsMissingAmongThoseThatReadSettings(t *testing.T) {
	t.Parallel()
	// Rehearsed in cmd/aggregator: "audit accept-fork" works only while no service runs,
	// "audit who" needs an auditor who signed in, "audit match" an answer, "store copy" a
	// PostgreSQL.
	without := []string{"dev", "demo", "sandbox", "keys generate", "audit check", "audit accept-fork", "audit who", "audit match", "store copy", "version"}
	help := run(t, nil, "--help")
	succeeded(t, help)
	_, commands, _ := strings.Cut(help.stdout, "Commands:")
	for _, line := range regexp.MustCompile(`(?m)^ {2}([a-z].*)$`).FindAllStringSubmatch(commands, -1) {
		command := regexp.MustCompile(`^[a-z-]+( [a-z][a-z-]*)*`).FindString(line[1])
		tested := slices.ContainsFunc(settingsOfTheService(), func(row string) bool { return row == command || strings.HasPrefix(row, command+" ") })
		if !tested && command != "serve" && !slices.Contains(without, command) {
			t.Errorf("aggregator %s is not tested with the service's settings", command)
		}
	}
}

// secretsByValue returns each secret by value that the environment gives by file.
func secretsByValue(t *testing.T, environ []string) []string {
	t.Helper()
	var out []string
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		if base, isFile := strings.CutSuffix(name, "_FILE"); isFile {
			text, err := os.ReadFile(value)
			if err != nil {
				t.Fatal(err)
			}
			entry = base + "=" + string(text)
		}
		out = append(out, entry)
	}
	return out
}
