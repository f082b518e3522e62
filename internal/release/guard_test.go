package release_test

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/release"
)

func TestTheAccessLogNeedsTheSessionAndNoConsent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.withdraw()
	written, err := w.SubjectAccess(t.Context(), w.caller(), "c", "access-log")
	if err != nil || written.Count != 1 || w.entries[0].Kind != audit.SubjectAccess || w.entries[0].Purpose != "access-log" {
		t.Errorf("%+v, %v", w.entries, err)
	}
	w.before = once(w.withdraw)
	if _, err := w.SubjectAccess(t.Context(), w.caller(), "c", "access-log"); err != nil {
		t.Errorf("a withdrawal closed the access log: %v", err)
	}
	w.before = w.withdraw
	if _, err := w.SubjectAccess(t.Context(), w.caller(), "c", "access-log"); !errors.Is(err, release.ErrUnavailable) {
		t.Errorf("consents that change again and again: %v", err)
	}
	w.before, w.session = func() {}, ""
	if written, err := w.SubjectAccess(t.Context(), w.caller(), "c", "access-log"); !errors.Is(err, release.ErrSessionEnded) || written.Count != 0 {
		t.Errorf("without a session: %v", err)
	}
}

// The code that makes a guard decides what a release relies on: only this package does.
func TestGuardsAreMadeInThisPackageOnly(t *testing.T) {
	t.Parallel()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	made := 0
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			used, ok := n.(*ast.SelectorExpr)
			if !ok || used.Sel.Name != "NewGuard" {
				return true
			}
			made++
			if dir := filepath.ToSlash(filepath.Dir(path)); !strings.HasSuffix(dir, "internal/release") && !strings.HasSuffix(dir, "internal/store/storetest") {
				t.Errorf("%s makes a guard", path)
			}
			return true
		})
		return nil
	})
	if err != nil || made == 0 {
		t.Errorf("%d guards are made, %v", made, err)
	}
}
