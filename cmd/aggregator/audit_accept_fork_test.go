//go:build !production

package main

import (
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/local"
	"github.com/patient-care-aggregator/aggregator/tests/harness"
)

// TestARestoreRehearsed: a backup is made, a consent is withdrawn and somebody is
// erased, the database is lost, the backup is restored and accepted. Nobody's withdrawn
// consent is alive afterwards.
func TestARestoreRehearsed(t *testing.T) {
	dir := harness.DataDir(t)
	start := func() *harness.Service {
		return harness.Start(t, func(o *local.Options) { o.DataDir, o.Now = dir, time.Now })
	}
	path := filepath.Join(dir, "aggregator.db")
	database, ring := "--database=sqlite:"+path, "--secret-key-file="+filepath.Join(dir, "key-ring.key")
	accept := func(state string, more ...string) (string, string, int) {
		return command(t, append([]string{"audit", "accept-fork", database, state, "--reason=restore", "--note=restored after a disk failure"}, more...)...)
	}
	people := []string{"--operator=Ada Lovelace", "--approved-by=Grace Hopper"}
	number := filepath.Join(dir, "number.txt")

	s := start()
	for _, who := range []string{"bella", "sunny"} {
		harness.Answered(t, s.Consented(who).Get("/v1/timeline"), http.StatusOK)
	}
	if err := os.WriteFile(number, []byte(s.Number("sunny")), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, errs, code := accept("0:x", people...); code == 0 {
		t.Errorf("accepted while the service runs: %s", errs)
	}
	s.Stop()
	backup, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, errs, code := accept(state(t, errs(accept("0:x", people...))), people...); code != exitFailed {
		t.Errorf("accepted a log that is the one that was signed: %s", errs)
	}

	s = start()
	b := s.SignedIn("bella")
	type consents struct {
		Consents []struct{ ID, Status string }
	}
	id := harness.Read[consents](t, b.Get("/v1/consents").Body).Consents[0].ID
	harness.Answered(t, b.Delete("/v1/consents/"+id), http.StatusNoContent)
	succeeds(t, "subject", "erase", "--with-log", database, ring, "--nhs-number-file="+number, "--reason=other", "--note=request twelve", "--operator=Ada Lovelace", "--approved-by=Grace Hopper")
	s.Stop()

	if err := os.WriteFile(path, backup, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, beside := range []string{"-wal", "-shm"} {
		if err := os.Remove(path + beside); err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
	}
	if _, _, code := command(t, "audit", "verify", database); code != exitFailed {
		t.Errorf("verify ends with %d", code)
	}
	succeeds(t, "audit", "export", database, "--unsigned")
	now := state(t, errs(accept("0:x", people...)))
	for _, wrong := range [][]string{{"--operator=Ada"}, {"--operator=Ada", "--approved-by=ada "}, {"--operator=Ada", "--approved-by=9990000018"}} {
		if _, _, code := accept(now, wrong...); code != exitUsage {
			t.Errorf("%q: exit %d", wrong, code)
		}
	}
	out, errs, code := accept(now, people...)
	if code != 0 {
		t.Fatal(errs)
	}
	says(t, out, "1 consents are suspended", "1 people were erased again", "/since-")
	if _, _, code := accept(now, people...); code != exitFailed {
		t.Errorf("accepted twice: exit %d", code)
	}

	s = start()
	b = s.SignedIn("bella")
	harness.Refused(t, b.Get("/v1/timeline"), http.StatusForbidden, "consent_required")
	if list := harness.Read[consents](t, b.Get("/v1/consents").Body).Consents; len(list) != 1 || list[0].Status != "suspended" {
		t.Errorf("%+v", list)
	}
	if list := harness.Read[consents](t, s.SignedIn("sunny").Get("/v1/consents").Body).Consents; len(list) != 0 {
		t.Errorf("somebody who was erased has %+v", list)
	}
	says(t, string(b.Get("/v1/access-log").Body), "We had to restore our records.")
	b.Consent()
	harness.Answered(t, b.Get("/v1/timeline"), http.StatusOK)
	s.Stop()
	says(t, succeeds(t, "audit", "verify", database), "The log is whole")
	says(t, succeeds(t, "audit", "export", database, "--kind=fork_accepted", "--unsigned"), now, "Ada Lovelace", "Grace Hopper", "disk failure")
}

func errs(_, stderr string, _ int) string { return stderr }

// state is the state of the log that a refusal names.
func state(t *testing.T, refusal string) string {
	t.Helper()
	found := regexp.MustCompile(`it is (\d+:\S+)`).FindStringSubmatch(refusal)
	if found == nil {
		t.Fatalf("no state in %q", refusal)
	}
	return found[1]
}
