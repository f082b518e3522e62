//go:build linux

package postgrestrial

import (
	"encoding/binary"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
)

// end is the head row: where the log ends.
type end struct {
	size, latest int64
	edge         []tlog.Hash // of the largest whole subtrees, from the left
}

// append adds a leaf to the tree and returns the hashes that it completes.
func (e *end) append(leaf tlog.Hash) []tlog.Hash {
	completed := []tlog.Hash{leaf}
	for n := e.size; n&1 == 1; n >>= 1 {
		last := len(e.edge) - 1
		completed = append(completed, tlog.NodeHash(e.edge[last], completed[len(completed)-1]))
		e.edge = e.edge[:last]
	}
	e.edge = append(e.edge, completed[len(completed)-1])
	e.size++
	return completed
}

func (e *end) edgeBytes() []byte { return bytesOf(e.edge) }

func bytesOf(hashes []tlog.Hash) []byte {
	out := make([]byte, 0, len(hashes)*tlog.HashSize)
	for _, h := range hashes {
		out = append(out, h[:]...)
	}
	return out
}

func hashesOf(stored []byte) []tlog.Hash {
	var out []tlog.Hash
	for ; len(stored) >= tlog.HashSize; stored = stored[tlog.HashSize:] {
		out = append(out, tlog.Hash(stored[:tlog.HashSize]))
	}
	return out
}

// batchRows are the three rows of entries that are committed together, as SQLite has them.
type batchRows struct {
	first                    int64
	leaves, hashes, openings []byte
}

func (r *batchRows) add(leaf []byte, o *audit.Opening, completed []tlog.Hash) error {
	r.leaves = append(append(r.leaves, leaf...), '\n')
	r.hashes = append(r.hashes, bytesOf(completed)...)
	opening, err := o.AppendBinary(nil)
	r.openings = append(binary.AppendUvarint(r.openings, uint64(len(opening))), opening...)
	return err
}
