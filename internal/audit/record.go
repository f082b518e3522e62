package audit

import (
	"context"

	"golang.org/x/mod/sumdb/tlog"
)

// Record is one entry as it is stored.
type Record struct {
	Seq int64 // place in the log, from 0
	// Leaf is the canonical leaf; nil when the body is gone (pruned, or deleted
	// by somebody: [Verify] reports which).
	Leaf []byte
	// Hashes are the hashes that this record completed (see [Edge.Append]); nil
	// when none are stored.
	Hashes []tlog.Hash
	// Correlation opens the leaf's commitment; nil when there was none or
	// retention emptied it.
	Correlation *Correlation
}

// Entry decodes the leaf, with its correlation id if it was not removed.
// A record without a body returns ErrNotLeaf.
func (r Record) Entry() (Entry, error) {
	e, _, err := Decode(r.Leaf)
	if err != nil {
		return Entry{}, err
	}
	if r.Correlation != nil {
		e.CorrelationID = r.Correlation.ID
	}
	return e, nil
}

// Records reads the log from end to end.
type Records interface {
	// Records returns at most limit records with a sequence number above after,
	// ascending. A number that has only a body or only hashes is a record too.
	// None: the end.
	Records(ctx context.Context, after int64, limit int) ([]Record, error)
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
	Records
	Finder
	Tree
}

// HashReader makes a Tree a tlog.HashReader for one call.
func HashReader(ctx context.Context, t Tree) tlog.HashReader {
	return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		return t.ReadHashes(ctx, indexes)
	})
}
