package store_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Every package opens a database by its URL, tests included: then a new kind of
// store changes nothing outside internal/store.
func TestOnlyStoresImportAStore(t *testing.T) {
	t.Parallel()
	const stores = "github.com/patient-care-aggregator/aggregator/internal/store/"
	ours := []string{stores + "sqlite", stores + "postgres"}
	root := filepath.Join("..", "..")
	found := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != root && strings.HasPrefix(d.Name(), "."), d.IsDir() && d.Name() == "node_modules":
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(path, ".go"):
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, each := range file.Imports {
			name, err := strconv.Unquote(each.Path.Value)
			if err != nil {
				return err
			}
			if !slices.Contains(ours, name) {
				continue
			}
			found++
			if relative, _ := filepath.Rel(root, path); !strings.HasPrefix(filepath.ToSlash(relative), "internal/store/") {
				t.Errorf("%s imports %s; open the database with internal/store", relative, name)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if found == 0 {
		t.Error("no file that imports it was found: the test looks in the wrong place")
	}
}
