//go:build !production

package main

import (
	"bytes"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit/checkpoint"
	"github.com/patient-care-aggregator/aggregator/internal/local"
	"github.com/patient-care-aggregator/aggregator/tests/harness"
)

// TestAChangeOfTheCheckpointKeyRehearsed goes through a planned change with a reader who
// has the old public key, one who has the new one, and one who has both.
func TestAChangeOfTheCheckpointKeyRehearsed(t *testing.T) {
	t.Parallel()
	dir := harness.DataDir(t)
	path := filepath.Join(dir, "aggregator.db")
	database, own := "--database=sqlite:"+path, path+".checkpoints"
	var log bytes.Buffer
	start := func() *harness.Service {
		log.Reset()
		return harness.Start(t, func(o *local.Options) {
			o.DataDir, o.Now, o.Log = dir, time.Now, slog.New(slog.NewJSONHandler(&log, nil))
		})
	}
	keep := func(name, text string) string {
		t.Helper()
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	fails := func(says string, args ...string) {
		t.Helper()
		if out, errs, code := command(t, append([]string{"audit"}, args...)...); code != exitFailed || !strings.Contains(errs, says) {
			t.Errorf("%v: exit %d, %s%s", args, code, out, errs)
		}
	}
	exported := func() string {
		t.Helper()
		return keep("export.ndjson", succeeds(t, "audit", "export", database))
	}
	check := func(checkpoints, key string) []string {
		return []string{"check", exported(), "--checkpoints=" + checkpoints, "--public-key=" + key}
	}
	passes := func(args []string) { t.Helper(); succeeds(t, append([]string{"audit"}, args...)...) }

	s := start()
	old := succeeds(t, "audit", "public-key", database)
	oldKey := keep("old.pub", old)
	fails("no change of the checkpoint key is in progress", "change-key", database, "--finish")
	if _, _, code := command(t, "audit", "change-key", database, "--early"); code != exitUsage {
		t.Errorf("--early without --finish: exit %d", code)
	}
	made, err := checkpoint.BeginChange(path+".checkpoint-key", time.Now()) // killed before the log was told
	if err != nil {
		t.Fatal(err)
	}
	begun := succeeds(t, "audit", "change-key", database)
	says(t, begun, made.Public)
	lines := strings.Split(succeeds(t, "audit", "public-key", database), "\n")
	if len(lines) != 3 || lines[1]+"\n" != old {
		t.Fatalf("the public keys are %q", lines)
	}
	newKey, bothKeys := keep("new.pub", lines[0]+"\n"), keep("both.pub", old+lines[0]+"\n")
	says(t, begun, lines[0], "Finish the change on")
	if again := succeeds(t, "audit", "change-key", database); again != begun {
		t.Errorf("done again it says %q", again)
	}
	fails("has not been started since", "change-key", database, "--finish", "--early")
	s.Stop()
	backup, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}

	s = start() // both keys sign
	byBoth := keep("both.txt", succeeds(t, "audit", "checkpoint", database))
	for _, key := range []string{oldKey, newKey, bothKeys} {
		passes(check(byBoth, key))
		passes([]string{"verify", database, "--from-checkpoint=" + byBoth, "--public-key=" + key})
	}
	passes(check(own, oldKey)) // notes by the old key, and by both
	if _, errs, code := command(t, append([]string{"audit"}, check(byBoth, oldKey)...)...); code != exitOK || !strings.Contains(errs, "the key is being changed") {
		t.Errorf("who has the old key is not told of the new one: %d, %s", code, errs)
	}
	fails("readers have until", "change-key", database, "--finish")
	finished := succeeds(t, "audit", "change-key", database, "--finish", "--early")
	says(t, finished, lines[0], "finished")
	fails("no change", "change-key", database, "--finish", "--early")
	s.Stop()
	says(t, log.String(), "is being changed", lines[0], strings.TrimSpace(old))

	s = start() // only the new one does
	byNew := keep("new.txt", succeeds(t, "audit", "checkpoint", database))
	passes(check(byNew, newKey))
	passes(check(own, bothKeys))
	passes([]string{"verify", database})
	fails("another one of the same name", check(byNew, oldKey)...)
	fails("get the new public key from the operators", check(own, oldKey)...)
	fails("another one of the same name", "verify", database, "--from-checkpoint="+byNew, "--public-key="+oldKey)
	told := succeeds(t, "audit", "export", database, "--kind=key_change", "--format=csv")
	says(t, told, "signed by "+lines[0]+" only", "signed by "+lines[0]+" and "+strings.TrimSpace(old))
	if n := strings.Count(told, "checkpoints: change begun"); n != 1 {
		t.Errorf("the log says %d times that the change began", n)
	}
	s.Stop()
	if strings.Contains(log.String(), "is being changed") {
		t.Error("the service says that the change goes on")
	}

	// A backup from before is found by what both keys, and the new one, signed.
	if err := os.WriteFile(path, backup, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, beside := range []string{"-wal", "-shm"} {
		if err := os.Remove(path + beside); err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
	}
	fails("truncated", "verify", database)
	accept := func(state string) (string, string, int) {
		return command(t, "audit", "accept-fork", database, state, "--reason=restore", "--operator=Ada Lovelace", "--approved-by=Grace Hopper")
	}
	if out, errs, code := accept(state(t, errs(accept("0:x")))); code != exitOK || !strings.Contains(out, "/since-") {
		t.Errorf("exit %d, %s", code, errs)
	}
}
