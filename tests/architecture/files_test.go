package architecture_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/patient-care-aggregator/aggregator/tests/contract"
)

// goFiles reads every Go file of the repository, by its path from the root.
func goFiles(t *testing.T) map[string][]byte {
	t.Helper()
	root, err := contract.Root()
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "node_modules" || filepath.ToSlash(path) == filepath.ToSlash(filepath.Join(root, "api/clients"))):
			return filepath.SkipDir
		case d.IsDir() || filepath.Ext(path) != ".go":
			return nil
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		files[filepath.ToSlash(name)], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 200 {
		t.Fatalf("only %d Go files were found", len(files))
	}
	return files
}

func TestNoFileIsTooLongToRead(t *testing.T) {
	t.Parallel()
	const most = 400
	for name, text := range goFiles(t) {
		if lines := bytes.Count(text, []byte("\n")); lines > most {
			t.Errorf("%s has %d lines; divide it by what it is about", name, lines)
		}
	}
}

// A reader begins with doc.go, so the package comment is there and nowhere else.
func TestEveryPackageSaysWhatItIsInDocGo(t *testing.T) {
	t.Parallel()
	documented := map[string]bool{}
	files := goFiles(t)
	for name, text := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ParseComments|parser.PackageClauseOnly)
		switch {
		case err != nil:
			t.Error(err)
		case file.Doc == nil || strings.HasSuffix(name, "_test.go"):
		case filepath.Base(name) != "doc.go":
			t.Errorf("%s has a package comment, which belongs in doc.go", name)
		default:
			documented[filepath.Dir(name)] = true
		}
	}
	for name := range files {
		if !documented[filepath.Dir(name)] {
			t.Errorf("%s has no doc.go with a package comment", filepath.Dir(name))
			documented[filepath.Dir(name)] = true // it is enough to say so once
		}
	}
}

// A test that sleeps is slow, and fails on a machine that is slower. In a bubble of
// testing/synctest a sleep takes no time.
func TestNoTestSleeps(t *testing.T) {
	t.Parallel()
	for name, text := range goFiles(t) {
		if !strings.HasSuffix(name, "_test.go") && !strings.HasPrefix(name, "tests/") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		bubbled := slices.ContainsFunc(file.Imports, func(i *ast.ImportSpec) bool { return i.Path.Value == `"testing/synctest"` })
		ast.Inspect(file, func(n ast.Node) bool {
			used, ok := n.(*ast.SelectorExpr)
			if !ok || used.Sel.Name != "Sleep" || bubbled {
				return true
			}
			if from, ok := used.X.(*ast.Ident); ok && from.Name == "time" {
				t.Errorf("%s sleeps; wait for the event, or use testing/synctest", name)
			}
			return true
		})
	}
}
