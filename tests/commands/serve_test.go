package commands_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/patient-care-aggregator/aggregator/tests/harness"
	"github.com/patient-care-aggregator/aggregator/valuesets"
)

// deployment is a service as an operator sets it up, with the sandbox in
// the NHS's place.
type deployment struct {
	url, adminURL, database string
	environ                 []string
	words                   string // folder of value sets that replace the bundled ones
}

// deploy makes keys, registers the service with the NHS and writes its environment.
func deploy(t *testing.T) deployment {
	t.Helper()
	dir, addr, admin, nhs := t.TempDir(), freeAddress(t), freeAddress(t), freeAddress(t)
	d := deployment{url: "http://" + addr, adminURL: "http://" + admin, database: "sqlite:" + filepath.Join(dir, "aggregator.db"), words: t.TempDir()}
	apps := filepath.Join(dir, "apps.yaml")
	registration := fmt.Sprintf(`apps:
  - name: Patient Care Aggregator
    clientId: aggregator
    redirectUris: [%[1]s/auth/callback]
    nhsLoginJwksUrl: %[1]s/.well-known/jwks.json
    apiKey: an-api-key
    platformJwksUrl: %[1]s/.well-known/jwks.json
    odsApiKey: an-ods-key
`, d.url)
	if err := os.WriteFile(apps, []byte(registration), 0o600); err != nil {
		t.Fatal(err)
	}
	startSandbox(t, nhs, apps)

	made := run(t, nil, "keys", "generate", "--dir", filepath.Join(dir, "keys"))
	succeeded(t, made)
	d.environ = append(strings.Split(strings.TrimSpace(made.stdout), "\n"),
		"PCA_ENVIRONMENT=local", "PCA_LISTEN_ADDR="+addr, "PCA_ADMIN_LISTEN_ADDR="+admin, "PCA_PUBLIC_URL="+d.url, "PCA_DATABASE_URL="+d.database,
		"PCA_NHS_LOGIN_ISSUER=http://"+nhs+"/nhs-login", "PCA_NHS_LOGIN_CLIENT_ID=aggregator",
		"PCA_API_PLATFORM_TOKEN_URL=http://"+nhs+"/oauth2/token", "PCA_API_PLATFORM_API_KEY=an-api-key",
		"PCA_ERS_BASE_URL=http://"+nhs+"/e-referrals-service-patient-care-api", "PCA_ODS_BASE_URL=http://"+nhs, "PCA_ODS_API_KEY=an-ods-key",
		"PCA_VALUESETS_DIR="+d.words,
	)
	return d
}

// journey is sign-in, consent and timeline; it gives the timeline's status.
func (d deployment) journey(t *testing.T, citizen string) int {
	t.Helper()
	b := harness.NewBrowser(t, d.url)
	harness.Answered(t, b.SignIn(citizen), http.StatusOK)
	b.Consent()
	a := b.Get("/v1/timeline")
	return a.Status
}

func TestServeWorksFromItsEnvironmentAlone(t *testing.T) {
	t.Parallel()
	d := deploy(t)
	if r := run(t, d.environ, "config", "check"); r.code != 0 {
		t.Fatalf("config check: %s", r.stderr)
	}
	p := begin(t, d.environ, "serve")
	ready := p.says(p.stderr, `"msg":"ready"`)
	for _, what := range []string{`"environment":"local"`, `"database":"sqlite:`, `"checkpointSink":false`, `"staffSignIn":false`, `"languages":"en"`, `"valueSets":"`} {
		if !strings.Contains(ready, what) {
			t.Errorf("its first line does not say %s: %s", what, ready)
		}
	}
	if status := d.journey(t, "sunny"); status != http.StatusOK {
		t.Errorf("timeline: status %d", status)
	}

	t.Run("a second one on the same database is refused", func(t *testing.T) {
		environ := append([]string{}, d.environ...)
		environ = append(environ, "PCA_LISTEN_ADDR="+freeAddress(t), "PCA_ADMIN_LISTEN_ADDR="+freeAddress(t))
		if r := run(t, environ, "serve"); r.code != 1 {
			t.Errorf("exit code %d: %s", r.code, r.stderr)
		}
	})
	t.Run("the auditor's commands run beside it", func(t *testing.T) { auditBeside(t, d) })
	t.Run("it goes on when it is told to read its words again, and the log says which are in force", func(t *testing.T) {
		words, err := fs.ReadFile(valuesets.FS(), "reviews.yaml")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(d.words, "reviews.yaml"), append(words, "# read by somebody else\n"...), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := p.cmd.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		p.says(p.stderr, "value sets read again")
		known := run(t, d.environ, "audit", "export", "--kind", "configuration")
		succeeded(t, known)
		if n := strings.Count(known.stdout, `"configuration"`); n < 2 {
			t.Errorf("%d entries about the configuration:\n%s", n, known.stdout)
		}
	})
	t.Run("it ends in order", func(t *testing.T) {
		r := p.stop(syscall.SIGTERM)
		if r.code != 0 {
			t.Errorf("exit code %d", r.code)
		}
		if !strings.Contains(r.stderr, `"msg":"stopped"`) {
			t.Error("the log does not say that it stopped")
		}
		for line := range strings.Lines(r.stderr) {
			if !json.Valid([]byte(line)) {
				t.Errorf("a line of the log is no JSON: %s", line)
			}
		}
		for _, word := range []string{"9990000050", "FAIRWEATHER", "Cardiology", "an-api-key"} {
			if strings.Contains(r.stderr, word) {
				t.Errorf("the log says %q", word)
			}
		}
	})
	t.Run("and starts again with what it knew", func(t *testing.T) {
		p := begin(t, d.environ, "serve")
		p.says(p.stderr, `"msg":"ready"`)
		if status := d.journey(t, "bella"); status != http.StatusOK {
			t.Errorf("timeline: status %d", status)
		}
		if r := p.stop(os.Interrupt); r.code != 0 {
			t.Errorf("exit code %d", r.code)
		}
		succeeded(t, run(t, nil, "audit", "verify", "--database", d.database))
	})
}

// auditBeside runs what an auditor runs while the service serves.
func auditBeside(t *testing.T, d deployment) {
	verified := run(t, nil, "audit", "verify", "--database", d.database)
	succeeded(t, verified)
	if !strings.Contains(verified.stdout, "The log is whole") {
		t.Errorf("says %s", verified.stdout)
	}
	for format, want := range map[string]string{"ndjson": `"kind":"data_released"`, "csv": "data_released", "fhir": `"resourceType":"AuditEvent"`} {
		r := run(t, nil, "audit", "export", "--database", d.database, "--format", format)
		if r.code != 0 || !strings.Contains(r.stdout, want) {
			t.Errorf("%s: exit code %d, no %s: %s%s", format, r.code, want, r.stdout, r.stderr)
		}
		for _, word := range []string{"9990000050", "FAIRWEATHER", "Cardiology"} {
			if strings.Contains(r.stdout, word) {
				t.Errorf("%s: the export says %q", format, word)
			}
		}
	}
	// That it was exported stands in the log too, and the service goes on.
	if r := run(t, nil, "audit", "export", "--database", d.database); strings.Count(r.stdout, `"kind":"export"`) < 3 {
		t.Error("the exports do not stand in the log")
	}
	if status := d.journey(t, "tariq"); status != http.StatusOK {
		t.Errorf("timeline: status %d", status)
	}
}
