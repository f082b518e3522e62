package checkpoint_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit/audittest"
	"github.com/patient-care-aggregator/aggregator/internal/audit/checkpoint"
)

func begin(t *testing.T, path string, at time.Time) checkpoint.Key {
	t.Helper()
	key, err := checkpoint.BeginChange(path, at)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func finish(t *testing.T, path string, at time.Time) checkpoint.Key {
	t.Helper()
	key, err := checkpoint.FinishChange(path, at, false)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// parsed is a file of public keys, as a reader has it.
func parsed(t *testing.T, lines ...string) checkpoint.PublicKeys {
	t.Helper()
	keys, err := checkpoint.ParsePublicKeys(strings.Join(lines, "\n"))
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func TestEveryReaderAcceptsANoteByBothKeys(t *testing.T) {
	t.Parallel()
	path, before := keyAt(t)
	both := begin(t, path, audittest.Day(1))
	after := finish(t, path, audittest.Day(1).Add(checkpoint.ChangeTime))
	sign := func(by checkpoint.Key) []byte {
		t.Helper()
		note, err := checkpoint.Sign(audittest.New(t, 3).Checkpoint(t), by.Signers...)
		if err != nil {
			t.Fatal(err)
		}
		return note
	}
	if strings.Count(string(sign(both)), "\u2014 log.example ") != 2 || strings.Count(string(sign(after)), "\u2014 ") != 1 || !strings.HasPrefix(string(sign(after)), "log.example\n") {
		t.Errorf("the log lost its name, or a signature: %s", sign(both))
	}
	other, _ := newKey(t)
	readers := map[string]checkpoint.PublicKeys{
		"the old key": parsed(t, before.Public), "the new key": parsed(t, after.Public), "both keys": parsed(t, before.Public, after.Public, before.Public, ""),
		"as the service has them": after.PublicKeys(), "another log's key": other.PublicKeys(),
	}
	for name, c := range map[string]struct {
		signed []byte
		good   []string
	}{
		"before": {sign(before), []string{"the old key", "both keys", "as the service has them"}},
		"both":   {sign(both), []string{"the old key", "the new key", "both keys", "as the service has them"}},
		"after":  {sign(after), []string{"the new key", "both keys", "as the service has them"}},
	} {
		for reader, keys := range readers {
			good := strings.Contains(strings.Join(c.good, "|"), reader)
			if got, err := checkpoint.Open(c.signed, keys); (err == nil) != good || err == nil && got.Size != 3 || err != nil && !errors.Is(err, checkpoint.ErrNotCheckpoint) {
				t.Errorf("a note of %s, read with %s: %+v, %v", name, reader, got, err)
			}
		}
	}
	// Who holds only the old key hears that there is another, and which.
	id := func(k checkpoint.Key) string { return strings.Join(strings.Split(k.Public, "+")[:2], "+") }
	for name, c := range map[string]struct {
		by      checkpoint.Key
		foreign int
		other   string
	}{"before": {before, 0, ""}, "both": {both, 0, id(after)}, "after": {after, 1, id(after)}, "another log": {other, 1, id(other)}} {
		found, err := checkpoint.Read(strings.NewReader(string(sign(c.by))), parsed(t, before.Public))
		if err != nil || found.Foreign != c.foreign || found.OtherKey != c.other {
			t.Errorf("%s: %+v, %v", name, found, err)
		}
	}
	if after.Public == before.Public || before.Signing()[0] != before.Public || strings.Join(both.Signing(), " ") != after.Public+" "+before.Public || len(after.Signing()) != 1 {
		t.Errorf("signing are %q, then %q, then %q", before.Signing(), both.Signing(), after.Signing())
	}
}

func TestAChangeOfTheKeyTakesAMonth(t *testing.T) {
	t.Parallel()
	path, before := keyAt(t)
	began := audittest.Day(1).Truncate(time.Second)
	if _, err := checkpoint.FinishChange(path, began, true); !errors.Is(err, checkpoint.ErrNoChange) {
		t.Errorf("finished before it began: %v", err)
	}
	both := begin(t, path, began)
	if !both.Changing.Equal(began) {
		t.Errorf("it began at %s", both.Changing)
	}
	if _, err := checkpoint.FinishChange(path, began.Add(checkpoint.ChangeTime-time.Second), false); !errors.Is(err, checkpoint.ErrTooEarly) || !strings.Contains(err.Error(), "2026-12-01T12:30:00Z") {
		t.Errorf("finished early: %v", err)
	}
	if again := begin(t, path, began.Add(time.Hour)); again.Public != both.Public || !again.Changing.Equal(began) {
		t.Error("begun twice, it makes another key")
	}
	after := finish(t, path, began.Add(checkpoint.ChangeTime))
	if _, err := checkpoint.FinishChange(path, began.Add(2*checkpoint.ChangeTime), false); !errors.Is(err, checkpoint.ErrNoChange) {
		t.Errorf("finished twice: %v", err)
	}
	if text := contentOf(t, path); strings.Count(text, "PRIVATE+KEY+") != 1 || !strings.Contains(text, before.Public) {
		t.Error("the old private half is still there, or its public half is gone")
	}
	if got := contentOf(t, path+".pub"); got != after.Public+"\n"+before.Public+"\n" {
		t.Errorf("the public halves are %q", got)
	}
	// The next year, told that every reader has it.
	next := begin(t, path, began.AddDate(1, 0, 0))
	last, err := checkpoint.FinishChange(path, began.AddDate(1, 0, 1), true)
	if err != nil || last.Public != next.Public || len(last.PublicKeys()) != 3 || len(last.Signers) != 1 {
		t.Errorf("%+v, %v", last, err)
	}
}

func TestAnInterruptedChangeIsDoneAgainAndLosesNoKey(t *testing.T) {
	t.Parallel()
	path, before := keyAt(t)
	both := begin(t, path, audittest.Day(1))
	// Killed between the key and its public halves.
	if err := os.WriteFile(path+".pub", []byte(before.Public+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if again := begin(t, path, audittest.Day(2)); again.Public != both.Public || contentOf(t, path+".pub") != both.Public+"\n"+before.Public+"\n" {
		t.Error("the public halves are not put right, or the key is another")
	}
	// Killed before the new file was in its place: what was written beside it changes nothing.
	if err := os.WriteFile(filepath.Join(filepath.Dir(path), ".checkpoint-key-1"), []byte("PRIVATE+KEY+half"), 0o600); err != nil {
		t.Fatal(err)
	}
	if opened, err := checkpoint.OpenKey(path, "log.example"); err != nil || len(opened.Signers) != 2 || opened.Public != both.Public {
		t.Errorf("%+v, %v", opened, err)
	}
	// Killed when the key was made and had no public half beside it yet.
	if err := os.Remove(path + ".pub"); err != nil {
		t.Fatal(err)
	}
	if _, err := checkpoint.OpenKey(path, "log.example"); err != nil || !strings.HasPrefix(contentOf(t, path+".pub"), both.Public) {
		t.Errorf("the public halves did not come back: %v", err)
	}
}

func TestTwoOperatorsBeginOneChange(t *testing.T) {
	t.Parallel()
	path, _ := keyAt(t)
	made := make([]string, 8)
	var all sync.WaitGroup
	for i := range made {
		all.Go(func() {
			if key, err := checkpoint.BeginChange(path, audittest.Day(1)); err == nil {
				made[i] = key.Public
			}
		})
	}
	all.Wait()
	for _, public := range made {
		if public == "" || public != made[0] {
			t.Fatalf("they were told of different keys: %q", made)
		}
	}
}

func TestTheKeyFileKeepsItsModeAndItsPlace(t *testing.T) {
	t.Parallel()
	path, before := keyAt(t)
	if err := os.Chmod(path, 0o440); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "link.key")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	both := begin(t, link, audittest.Day(1))
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o440 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if to, err := os.Readlink(link); err != nil || to != path {
		t.Errorf("the link leads to %q, %v", to, err)
	}
	if got := contentOf(t, link+".pub"); got != both.Public+"\n"+before.Public+"\n" {
		t.Errorf("beside the link is %q", got)
	}
	begun, err := checkpoint.BeginAgain(link, "", audittest.Day(3))
	if err != nil || len(begun.Signers) != 1 || begun.Public == both.Public {
		t.Fatalf("%+v, %v", begun, err)
	}
	if kept, err := checkpoint.ReadKey(path + ".before-20261103T123000Z"); err != nil || kept.Public != both.Public || len(kept.Signers) != 2 {
		t.Errorf("the old key is %+v, %v", kept, err)
	}
}

func TestAKeyFileThatIsNotWholeIsRefused(t *testing.T) {
	t.Parallel()
	path, before := keyAt(t)
	one := contentOf(t, path)
	begin(t, path, audittest.Day(1))
	two := contentOf(t, path)
	stranger := filepath.Join(t.TempDir(), "other.key")
	if _, err := checkpoint.OpenKey(stranger, "other.example"); err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(two, "\n")
	for name, text := range map[string]string{
		"nothing":                          "",
		"a private half only":              lines[0],
		"public halves only":               before.Public + "\n",
		"two keys and no change":           strings.Join(lines[:4], ""),
		"a change and one key":             one + lines[4],
		"a time that cannot be read":       strings.Join(lines[:4], "") + "change began yesterday\n",
		"halves of two keys":               lines[0] + lines[3],
		"a key twice":                      one + before.Public + "\n" + before.Public + "\n",
		"three keys":                       two + one,
		"the second is cut short":          strings.Join(lines[:2], "") + lines[2][:40] + "\n" + strings.Join(lines[3:], ""),
		"the second is of another log":     strings.Join(lines[:2], "") + contentOf(t, stranger) + lines[4],
		"a public half that is no key":     one + "log.example\n",
		"a private half without its other": two + lines[0],
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := checkpoint.ReadKey(path)
		if err == nil || strings.Contains(err.Error(), "PRIVATE") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
