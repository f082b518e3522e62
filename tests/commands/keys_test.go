package commands_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestKeysAreMadeOnceAndForTheirOwnerAlone(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "keys")
	first := run(t, nil, "keys", "generate", "--dir", dir)
	succeeded(t, first)
	before := map[string]string{}
	for line := range strings.Lines(first.stdout) {
		setting, path, _ := strings.Cut(strings.TrimSpace(line), "=")
		info, err := os.Stat(path)
		if err != nil {
			t.Fatalf("%s: %v", setting, err)
		}
		if mode := info.Mode().Perm(); mode != 0o600 {
			t.Errorf("%s: others can read it, mode %o", path, mode)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(first.stdout, strings.TrimSpace(string(text))) {
			t.Error("a secret is printed")
		}
		before[path] = string(text)
	}
	for _, setting := range []string{"PCA_SECRET_KEY_FILE=", "PCA_NHS_LOGIN_PRIVATE_KEY_FILE=", "PCA_API_PLATFORM_PRIVATE_KEY_FILE="} {
		if !strings.Contains(first.stdout, setting) {
			t.Errorf("does not print %s", setting)
		}
	}

	succeeded(t, run(t, nil, "keys", "generate", "--dir", dir))
	for path, text := range before {
		after, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if string(after) != text {
			t.Errorf("%s was replaced, and with it every citizen's data lost", path)
		}
	}
}
