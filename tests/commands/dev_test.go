//go:build !production

package commands_test

import (
	"errors"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/patient-care-aggregator/aggregator/tests/contract"
	"github.com/patient-care-aggregator/aggregator/tests/harness"
)

// freePorts has dev listen where nobody else does.
func freePorts() []string {
	return []string{"dev", "--addr", "127.0.0.1:0", "--admin-addr", "127.0.0.1:0", "--sandbox-addr", "127.0.0.1:0"}
}

func TestDevServesTheStepsThatItPrints(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("curl"); err != nil {
		const missing = "curl is not here, so its steps cannot be typed"
		if os.Getenv("PCA_REQUIRE_TOOLS") != "" {
			t.Fatal(missing)
		}
		t.Skip(missing)
	}
	p := begin(t, nil, freePorts()...)
	banner := p.says(p.stdout, "Ctrl-C ends it.")
	if !strings.Contains(banner, "SANDBOX, not the NHS") || !strings.Contains(banner, "bella") {
		t.Errorf("the banner says %s", banner)
	}
	shell := exec.CommandContext(t.Context(), "sh", "-e", "-c", steps(t, banner))
	shell.Dir = t.TempDir()
	typed, err := shell.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, typed)
	}
	for _, want := range []string{`"code":"consent_required"`, `"status":"active"`, `"complete":true`} {
		if !strings.Contains(string(typed), want) {
			t.Errorf("the steps gave no %s: %s", want, typed)
		}
	}

	data := regexp.MustCompile(`(?m)^  data +(\S+) \(removed at the end\)$`).FindStringSubmatch(banner)
	if data == nil {
		t.Fatalf("does not say where its data is: %s", banner)
	}
	if r := p.stop(os.Interrupt); r.code != 0 {
		t.Errorf("Ctrl-C: exit code %d: %s", r.code, r.stderr)
	}
	if _, err := os.Stat(data[1]); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s is still there", data[1])
	}
}

func TestDevTakesSettingsAndMovesTheClock(t *testing.T) {
	t.Parallel()
	p := begin(t, []string{"PCA_SESSION_IDLE=20m"}, freePorts()...)
	banner := p.says(p.stdout, "Ctrl-C ends it.")
	at := regexp.MustCompile(`(?m)^  (service|sandbox) +(\S+?)(?:/sandbox)?$`).FindAllStringSubmatch(banner, -1)
	if len(at) != 2 {
		t.Fatalf("the banner says %s", banner)
	}
	b := harness.NewBrowser(t, at[0][2])
	harness.Answered(t, b.SignIn("bella"), http.StatusOK)
	harness.Answered(t, b.Get("/auth/session"), http.StatusOK)
	clock, err := http.Post(at[1][2]+"/sandbox/clock", "application/json", strings.NewReader(`{"advance":"21m"}`))
	if err != nil || clock.StatusCode != http.StatusOK {
		t.Fatal(clock, err)
	}
	_ = clock.Body.Close()
	harness.Refused(t, b.Get("/auth/session"), http.StatusUnauthorized, "session_expired")
}

func TestDevRefusesWhatItSetsItself(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"PCA_ERS_BASE_URL", "PCA_SECRET_KEY", "PCA_SECRET_KEY_FILE", "PCA_PUBLIC_URL"} {
		if r := run(t, []string{name + "=x"}, freePorts()...); r.code != 2 || !strings.Contains(r.stderr, name) {
			t.Errorf("%s: exit code %d: %s", name, r.code, r.stderr)
		}
	}
	if r := run(t, []string{"PCA_RATE_LIMIT_CITIZEN=often"}, freePorts()...); r.code == 0 || !strings.Contains(r.stderr, "PCA_RATE_LIMIT_CITIZEN") {
		t.Errorf("exit code %d: %s", r.code, r.stderr)
	}
}

// steps are the lines that a banner or a page gives to type, from B= on.
func steps(t *testing.T, text string) string {
	t.Helper()
	block := regexp.MustCompile(`(?m)^ *B=http(?:.*\n)+?(?: *\n|.*/v1/timeline\n\n)`).FindString(text + "\n\n")
	if block == "" {
		t.Fatalf("nothing to type in %s", text)
	}
	return block
}

func TestTheReadMeTellsToTypeWhatDevTells(t *testing.T) {
	t.Parallel()
	root, err := contract.Root()
	if err != nil {
		t.Fatal(err)
	}
	readMe, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	p := begin(t, nil, freePorts()...)
	banner := p.says(p.stdout, "Ctrl-C ends it.")
	if r := p.stop(syscall.SIGTERM); r.code != 0 {
		t.Errorf("SIGTERM: exit code %d: %s", r.code, r.stderr)
	}
	plain := func(text string) string {
		var lines []string
		for line := range strings.Lines(steps(t, text)) {
			line, _, _ = strings.Cut(line, " #") // a remark
			line = regexp.MustCompile(`http://127\.0\.0\.1:\d+`).ReplaceAllString(line, "ADDRESS")
			if line = strings.Join(strings.Fields(line), " "); line != "" {
				lines = append(lines, line)
			}
		}
		return strings.Join(lines, "\n")
	}
	if a, b := plain(banner), plain(string(readMe)); a != b {
		t.Errorf("dev prints\n%s\nREADME.md says\n%s", a, b)
	}
}

func TestDevKeepsItsDataWhereItIsTold(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, round := range []string{"the first time", "and again"} {
		p := begin(t, nil, append(freePorts(), "--data", dir)...)
		banner := p.says(p.stdout, "Ctrl-C ends it.")
		if !strings.Contains(banner, dir) || strings.Contains(banner, "removed at the end") {
			t.Errorf("%s: %s", round, banner)
		}
		if r := p.stop(os.Interrupt); r.code != 0 {
			t.Errorf("%s: exit code %d: %s", round, r.code, r.stderr)
		}
	}
	succeeded(t, run(t, nil, "audit", "verify", "--database", "sqlite:"+filepath.Join(dir, "aggregator.db")))
}
