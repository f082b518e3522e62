package checkpoint_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit/audittest"
	"github.com/patient-care-aggregator/aggregator/internal/audit/checkpoint"
)

// keyAt makes a key in a folder of its own.
func keyAt(t *testing.T) (path string, key checkpoint.Key) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "checkpoint.key")
	key, err := checkpoint.OpenKey(path, "log.example")
	if err != nil {
		t.Fatal(err)
	}
	return path, key
}

func contentOf(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestPublicKeysAreOfOneLog(t *testing.T) {
	t.Parallel()
	_, one := keyAt(t)
	other, err := checkpoint.OpenKey(filepath.Join(t.TempDir(), "other.key"), "other.example")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"none":            "\n\n",
		"no key":          "hello\n",
		"of another log":  one.Public + "\n" + other.Public,
		"a damaged one":   one.Public[:len(one.Public)-4] + "\n",
		"a private half ": "PRIVATE+KEY+log.example+1+AAAA",
	} {
		if _, err := checkpoint.ParsePublicKeys(text); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := checkpoint.Open([]byte("x"), nil); !errors.Is(err, checkpoint.ErrNotCheckpoint) {
		t.Errorf("without a key: %v", err)
	}
	if _, err := checkpoint.Read(strings.NewReader(""), nil); err == nil {
		t.Error("read without a key")
	}
}

func TestABegunLogHasANameOfItsOwn(t *testing.T) {
	t.Parallel()
	path, _ := keyAt(t)
	names := map[string]bool{"log.example": true}
	for i := range 3 { // in one day
		key, err := checkpoint.BeginAgain(path, "", audittest.Day(1).Add(time.Duration(i)*time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		name := key.Signers[0].Name()
		if names[name] || strings.Count(name, "/since-") != 1 {
			t.Errorf("%q is the name of two logs, or odd", name)
		}
		names[name] = true
		if got := contentOf(t, path+".pub"); got != key.Public+"\n" {
			t.Errorf("keys of two logs are in %q", got)
		}
	}
}
