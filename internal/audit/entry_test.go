package audit

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"testing"
)

func TestKindsLeavesNoKindOut(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "entry.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if typ, ok := spec.Type.(*ast.Ident); !ok || typ.Name != "Kind" {
			return true
		}
		value, ok := spec.Values[0].(*ast.BasicLit)
		if !ok {
			t.Fatalf("%s is no literal", spec.Names[0])
		}
		text, err := strconv.Unquote(value.Value)
		if err != nil {
			t.Fatal(err)
		}
		seen++
		if !slices.Contains(Kinds(), Kind(text)) {
			t.Errorf("Kinds leaves out %s", spec.Names[0])
		}
		return true
	})
	if seen != len(Kinds()) {
		t.Errorf("entry.go has %d kinds, Kinds gives %d", seen, len(Kinds()))
	}
}
