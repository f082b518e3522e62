package httpapi_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// sources parses every Go file of this package and those below it.
func sources(t *testing.T, each func(path string, file *ast.File)) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err == nil {
			each(filepath.ToSlash(path), file)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A handler that cannot reach the writer cannot write before the log has its entry.
func TestHandlersCannotWrite(t *testing.T) {
	t.Parallel()
	const here = "github.com/patient-care-aggregator/aggregator/internal/httpapi"
	below := 0
	sources(t, func(path string, file *ast.File) {
		inside := !strings.Contains(path, "/")
		if !inside {
			below++
		}
		for _, each := range file.Imports {
			name, err := strconv.Unquote(each.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			switch {
			case inside && strings.HasPrefix(name, here+"/"):
				t.Errorf("%s imports %s, which is mounted here and not known", path, name)
			case !inside && strings.HasPrefix(name, "github.com/gin-gonic"):
				t.Errorf("%s knows Gin", path)
			}
		}
		if inside {
			return
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if used, ok := n.(*ast.SelectorExpr); ok && (used.Sel.Name == "ResponseWriter" || used.Sel.Name == "NewResponseController") {
				t.Errorf("%s knows %s", path, used.Sel.Name)
			}
			return true
		})
	})
	if below == 0 {
		t.Error("no package is below this one")
	}
}

// A package that needs more is more than one package.
func TestDepsHaveAtMostTenFields(t *testing.T) {
	t.Parallel()
	const most = 10
	found := 0
	sources(t, func(path string, file *ast.File) {
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok || spec.Name.Name != "Deps" {
				return true
			}
			made, ok := spec.Type.(*ast.StructType)
			if !ok {
				return true
			}
			found++
			fields := 0
			for _, f := range made.Fields.List {
				fields += max(1, len(f.Names))
			}
			if fields > most {
				t.Errorf("Deps in %s has %d fields", path, fields)
			}
			return true
		})
	})
	if found < 2 {
		t.Errorf("%d Deps were found", found)
	}
}
