package audit

import (
	"context"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// Record is one entry as it is stored.
type Record struct {
	Seq int64 // place in the log, from 0
	// Leaf is the canonical leaf. It never goes; nil: somebody removed it.
	Leaf []byte
	// Hashes are the hashes that this record completed (see [Edge.Append]); nil
	// when none are stored.
	Hashes []tlog.Hash
	// Opening opens the leaf's commitments; nil when it was removed (by retention, by an
	// erasure, or by somebody: [Verify] reports which).
	Opening *Opening
	// ErasedBy is the sequence number of the erasure that removed the opening; 0: none did.
	ErasedBy int64
}

// Entry is what the record says: without its opening, only what the leaf says
// itself. Errors: ErrNotLeaf, and an opening that is not the leaf's.
func (r Record) Entry() (Entry, error) {
	l, err := Decode(r.Leaf)
	if err != nil {
		return Entry{}, err
	}
	if r.Opening == nil {
		return l.Open, nil
	}
	e, err := r.Opening.Opens(l)
	if err != nil {
		return Entry{}, fmt.Errorf("entry %d: %w", r.Seq, err)
	}
	return e, nil
}

// Records reads the log from end to end.
type Records interface {
	// Records returns at most limit records with a sequence number above after,
	// ascending. A number that has only a leaf or only hashes is a record too.
	// None: the end.
	Records(ctx context.Context, after int64, limit int) ([]Record, error)
}

// Heads reads where lists end.
type Heads interface {
	// Heads calls yield with the newest number of each list and the sequence number of
	// its entry, as they were when the log had that many entries. The list of somebody
	// who was erased is not among them.
	Heads(ctx context.Context, yield func(list ListID, number, last int64)) (size int64, err error)
}

// Whole is what [Verify] reads.
type Whole interface {
	Records
	Heads
}

// Tree reads the tree's size and stored hashes.
type Tree interface {
	// Size is the number of entries.
	Size(ctx context.Context) (int64, error)
	// ReadHashes returns hashes by their index (tlog.StoredHashIndex).
	ReadHashes(ctx context.Context, indexes []int64) ([]tlog.Hash, error)
}

// Source reads the whole log: its records, its tree, and what a filter chooses.
type Source interface {
	Whole
	Finder
	Tree
}

// HashReader makes a Tree a tlog.HashReader for one call.
func HashReader(ctx context.Context, t Tree) tlog.HashReader {
	return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		return t.ReadHashes(ctx, indexes)
	})
}
