package architecture_test

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/patient-care-aggregator/aggregator/tests/contract"
)

// architecturePage is docs/architecture.md, and where it stands.
func architecturePage(t *testing.T) (root, text string) {
	t.Helper()
	root, err := contract.Root()
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(root, "docs", "architecture.md"))
	if err != nil {
		t.Fatal(err)
	}
	return root, string(page)
}

// named are the paths that a text names in backquotes.
func named(text string) []string {
	var paths []string
	for _, found := range regexp.MustCompile("`((?:cmd|internal|valuesets|api|web)(?:/[a-z0-9_./-]+)?)`").FindAllStringSubmatch(text, -1) {
		paths = append(paths, found[1])
	}
	return paths
}

func TestTheArchitecturePageNamesWhatExists(t *testing.T) {
	t.Parallel()
	root, text := architecturePage(t)
	for _, name := range named(text) {
		if _, err := os.Stat(filepath.Join(root, filepath.FromSlash(name))); err != nil {
			t.Errorf("docs/architecture.md names %s, which does not exist", name)
		}
	}
}

func TestTheArchitecturePageNamesEveryPackage(t *testing.T) {
	t.Parallel()
	_, text := architecturePage(t)
	onPage := map[string]bool{}
	for _, name := range named(text) {
		onPage[name] = true
	}
	for name := range goFiles(t) {
		dir := path.Dir(name)
		// The sandbox is described in docs/sandbox.md. Packages whose name ends in
		// "test" serve tests only.
		if !strings.HasPrefix(dir, "internal/") || strings.HasPrefix(dir, "internal/sandbox/") || strings.HasSuffix(dir, "test") || onPage[dir] {
			continue
		}
		t.Errorf("docs/architecture.md does not name the package %s", dir)
		onPage[dir] = true
	}
}

func TestEachQuestionOfTheArchitecturePageNeedsSixFilesAtMost(t *testing.T) {
	t.Parallel()
	const most, questions = 6, 5
	_, text := architecturePage(t)
	_, text, _ = strings.Cut(text, "\n## Which files do I open?\n")
	text, _, _ = strings.Cut(text, "\n## ")
	asked := strings.Split(text, "\n### ")[1:]
	if len(asked) != questions {
		t.Errorf("the page answers %d questions, not %d", len(asked), questions)
	}
	for _, question := range asked {
		title, answer, _ := strings.Cut(question, "\n")
		files := regexp.MustCompile("(?m)^[0-9]+\\. `([^`]+)`").FindAllStringSubmatch(answer, -1)
		if len(files) == 0 || len(files) > most {
			t.Errorf("%q names %d files, not 1 to %d", title, len(files), most)
		}
		for _, file := range files {
			if path.Ext(file[1]) == "" {
				t.Errorf("%q names %s, which is no file", title, file[1])
			}
		}
	}
}
