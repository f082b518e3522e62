package audit

import (
	"fmt"
	"slices"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
)

func TestTheEdgeGrowsTheTreeOfTheStandard(t *testing.T) {
	var (
		stored []tlog.Hash
		edge   Edge
	)
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			out[i] = stored[index]
		}
		return out, nil
	})
	for n := range int64(300) {
		root, err := tlog.TreeHash(n, reader)
		if err != nil {
			t.Fatal(err)
		}
		if edge.Root() != root || edge.Size() != n {
			t.Fatalf("the tree of %d has another root", n)
		}
		read, err := ReadEdge(n, reader)
		if err != nil || read.Root() != root || read.Size() != n {
			t.Fatalf("the edge read at %d is another: %v", n, err)
		}
		leaf := []byte(fmt.Sprint("leaf ", n))
		want, err := tlog.StoredHashes(n, leaf, reader)
		if err != nil {
			t.Fatal(err)
		}
		copied := edge.Clone()
		if got := edge.Append(LeafHash(leaf)); !slices.Equal(got, want) {
			t.Fatalf("leaf %d completes other hashes", n)
		}
		if copied.Root() != root {
			t.Fatalf("the copy grew with the original at %d", n)
		}
		stored = append(stored, want...)
	}
}
