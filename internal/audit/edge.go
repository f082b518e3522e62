package audit

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"math/bits"
	"slices"

	"golang.org/x/mod/sumdb/tlog"
)

// Edge is the right edge of a growing tree: the roots of the perfect subtrees
// that its size in binary represents, largest first. It is all that appending
// and the root need, about 64 bytes for each doubling of the log, so a log of any
// length is verified in constant memory. The zero Edge is the empty tree.
type Edge struct {
	size     int64
	subtrees []tlog.Hash
}

// LeafHash is the hash of a leaf (RFC 6962, section 2.1).
func LeafHash(leaf []byte) tlog.Hash { return tlog.RecordHash(leaf) }

// ReadEdge builds the edge of a tree of that size from its stored hashes.
func ReadEdge(size int64, r tlog.HashReader) (Edge, error) {
	if size < 0 {
		return Edge{}, errors.New("read tree edge: negative size")
	}
	var indexes []int64
	for rest, start := size, int64(0); rest > 0; {
		level := bits.Len64(uint64(rest)) - 1
		indexes = append(indexes, tlog.StoredHashIndex(level, start>>level))
		start += 1 << level
		rest -= 1 << level
	}
	if len(indexes) == 0 {
		return Edge{}, nil
	}
	hashes, err := r.ReadHashes(indexes)
	if err != nil {
		return Edge{}, fmt.Errorf("read tree edge: %w", err)
	}
	return Edge{size: size, subtrees: hashes}, nil
}

// Size is the number of leaves.
func (e *Edge) Size() int64 { return e.size }

// Subtrees are the roots that ReadEdge asks for, largest first. The caller MUST NOT change
// them.
func (e *Edge) Subtrees() []tlog.Hash { return e.subtrees }

// Append adds a leaf and returns the hashes that it completes: its own first, then
// that of every perfect subtree that it is the last leaf of, upwards. They are
// what tlog.StoredHashes would tell to store.
func (e *Edge) Append(leaf tlog.Hash) []tlog.Hash {
	completed := make([]tlog.Hash, 1, bits.TrailingZeros64(^uint64(e.size))+1) //nolint:gosec // a size is never negative
	completed[0] = leaf
	for rest := e.size; rest&1 == 1; rest >>= 1 {
		last := len(e.subtrees) - 1
		leaf = tlog.NodeHash(e.subtrees[last], leaf)
		e.subtrees = e.subtrees[:last]
		completed = append(completed, leaf)
	}
	e.subtrees = append(e.subtrees, leaf)
	e.size++
	return completed
}

// Root is the hash of the whole tree (RFC 6962, section 2.1).
func (e *Edge) Root() tlog.Hash {
	if e.size == 0 {
		return sha256.Sum256(nil)
	}
	last := len(e.subtrees) - 1
	root := e.subtrees[last]
	for i := last - 1; i >= 0; i-- {
		root = tlog.NodeHash(e.subtrees[i], root)
	}
	return root
}

// Clone returns an edge that grows on its own.
func (e *Edge) Clone() Edge {
	return Edge{size: e.size, subtrees: slices.Clone(e.subtrees)}
}
