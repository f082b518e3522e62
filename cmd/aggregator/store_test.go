//go:build !production && linux

package main

import (
	"bytes"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/local"
	"github.com/patient-care-aggregator/aggregator/internal/store/postgrestest"
	"github.com/patient-care-aggregator/aggregator/tests/harness"
)

// TestAMoveToPostgreSQLRehearsed: what the runbook says, from the file to the service on the
// new database.
func TestAMoveToPostgreSQLRehearsed(t *testing.T) {
	t.Parallel()
	target := postgrestest.Database(t, nil)
	dir := harness.DataDir(t)
	file := "sqlite:" + filepath.Join(dir, "aggregator.db")
	start := func(url string, more ...string) *harness.Service {
		return harness.Start(t, func(o *local.Options) { o.DataDir, o.Now = dir, time.Now }, harness.Env(append(more, "PCA_DATABASE_URL", url)...))
	}
	s := start(file)
	harness.Answered(t, s.Consented("bella").Get("/v1/timeline"), http.StatusOK)
	move := []string{"store", "copy", "--from=" + file, "--to=" + target, "--operator=Ada Lovelace"}
	if _, errs, code := command(t, move...); code != exitFailed || !strings.Contains(errs, "another process serves") {
		t.Errorf("moved while the service runs: exit %d: %s", code, errs)
	}
	var environ []string
	for name, value := range s.Env {
		environ = append(environ, name+"="+value)
	}
	s.Stop()
	for name, wrong := range map[string][]string{
		"no --to":          move[:3],
		"--from no URL":    {"store", "copy", "--from=aggregator.db", "--to=" + target},
		"--to no database": {"store", "copy", "--from=" + file, "--to=mysql://ada:pass-word@host/db"},
	} {
		if _, errs, code := command(t, wrong...); code != exitUsage || strings.Contains(errs, "pass-word") {
			t.Errorf("%s: exit %d: %s", name, code, errs)
		}
	}
	if _, errs, code := command(t, "store", "copy", "--from="+file, "--to=postgres://ada:pass-word@/care?host="+dir); code != exitFailed || strings.Contains(errs, "pass-word") {
		t.Errorf("to a server that is not there: exit %d: %s", code, errs)
	}
	out := succeeds(t, move...)
	says(t, out, "Moved: ", "PCA_AUDIT_CHECKPOINT_KEY_FILE", "PCA_AUDIT_CHECKPOINT_SINK", "docs/runbooks/move-to-postgresql.md")
	root := regexp.MustCompile(`root \S+\.`).FindString(out)

	where := regexp.MustCompile(`was moved to postgres://\S+/care\d+: use that one`)
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), []string{"serve"}, environ, &stdout, &stderr); code != exitFailed || !where.MatchString(stderr.String()) {
		t.Errorf("the file is served: exit %d: %s", code, stderr.String())
	}
	for _, later := range [][]string{
		{"audit", "verify", "--database=" + file},
		{"audit", "retention", "--database=" + file},
		{"subject", "holds", "--database=" + file},
	} {
		if _, errs, code := command(t, later...); code != exitFailed || !where.MatchString(errs) {
			t.Errorf("%v: exit %d: %s", later, code, errs)
		}
	}

	key, sink := file[len("sqlite:"):]+".checkpoint-key", file[len("sqlite:"):]+".checkpoints"
	flags := []string{"--database=" + target, "--checkpoint-key-file=" + key, "--sink=" + sink}
	says(t, succeeds(t, append([]string{"audit", "verify"}, flags...)...), root, "signed checkpoints agree")
	s = start(target, "PCA_AUDIT_CHECKPOINT_KEY_FILE", key, "PCA_AUDIT_CHECKPOINT_SINK", sink)
	harness.Answered(t, s.SignedIn("bella").Get("/v1/timeline"), http.StatusOK) // without asking for consent again
	s.Stop()
	says(t, succeeds(t, append([]string{"audit", "verify"}, flags...)...), "The log is whole", "signed checkpoints agree")
	says(t, succeeds(t, append([]string{"audit", "export", "--kind=moved", "--unsigned"}, flags[0])...), "Ada Lovelace", "to postgres://")
}
