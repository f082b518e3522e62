package architecture_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/patient-care-aggregator/aggregator/tests/contract"
)

// TestCommentsTextsAndDocumentsArePlainEnglish finds phrases that a reader has to
// read twice and that no search finds. CONTRIBUTING.md has what to write instead.
// They are put together here from parts, because this file is read too.
func TestCommentsTextsAndDocumentsArePlainEnglish(t *testing.T) {
	t.Parallel()
	phrases := regexp.MustCompile(`(?i)\b(?:tells ` + `whether|ane` + `w|who` + `ever|of ` + `now|\w+ is ` + `none)\b`)
	check := func(where, text string) {
		for _, found := range phrases.FindAllString(strings.Join(strings.Fields(text), " "), -1) {
			if !strings.HasPrefix(strings.ToLower(found), "there ") {
				t.Errorf("%s: %q; CONTRIBUTING.md has plainer words", where, found)
			}
		}
	}
	for name, text := range goFiles(t) {
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, name, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, comment := range file.Comments {
			check(set.Position(comment.Pos()).String(), comment.Text())
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if text, ok := n.(*ast.BasicLit); ok && text.Kind == token.STRING {
				check(set.Position(text.Pos()).String(), text.Value)
			}
			return true
		})
	}
	for name, text := range documents(t) {
		check(name, text)
	}
}

// documents reads every Markdown file of the repository, by its path from the root.
// Privacy notices are not among them: a version that was shown is never edited.
func documents(t *testing.T) map[string]string {
	t.Helper()
	root, err := contract.Root()
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "notices" || d.Name() == "node_modules"):
			return filepath.SkipDir
		case d.IsDir() || filepath.Ext(path) != ".md":
			return nil
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		text, err := os.ReadFile(path)
		texts[filepath.ToSlash(name)] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(texts) < 20 {
		t.Fatalf("only %d documents were found", len(texts))
	}
	return texts
}
