package logrows

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/bits"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
)

// Rows are the three rows of entries that were committed together.
type Rows struct {
	First    int64  // sequence number of the first entry
	Leaves   []byte // a line each
	Hashes   []byte // those that the entries completed in the tree, in turn
	Openings []byte // for each entry a length and so many bytes; 0: it was removed
}

// Add appends what is stored of the next entry: its leaf, what opens it, and the hashes
// that it completed in the tree.
func (r *Rows) Add(leaf []byte, o *audit.Opening, completed []tlog.Hash) error {
	r.Leaves = append(append(r.Leaves, leaf...), '\n')
	for _, h := range completed {
		r.Hashes = append(r.Hashes, h[:]...)
	}
	const room = 2 // for the length, which takes so many bytes in nearly all entries
	at := len(r.Openings)
	out, err := o.AppendBinary(append(r.Openings, make([]byte, room)...))
	if err != nil {
		return err
	}
	length := uint64(len(out) - at - room) //nolint:gosec // never negative
	if binary.PutUvarint(make([]byte, binary.MaxVarintLen64), length) == room {
		binary.PutUvarint(out[at:], length)
	} else {
		opening := append([]byte(nil), out[at+room:]...)
		out = append(binary.AppendUvarint(out[:at], length), opening...)
	}
	r.Openings = out
	return nil
}

// records are the entries of the rows that keep chooses by what is stored; nil: all.
// What is missing of an entry is nil in its record, and what is too much is a record
// without the rest: to be found by audit.Verify.
func (r *Rows) records(keep func(leaf string, opening []byte) bool) ([]audit.Record, error) {
	var leaves []string
	if len(r.Leaves) > 0 {
		leaves = strings.Split(strings.TrimSuffix(string(r.Leaves), "\n"), "\n")
	}
	openings, err := SplitOpenings(r.Openings)
	if err != nil {
		return nil, fmt.Errorf("read openings from entry %d: %w", r.First, err)
	}
	hashes := SplitHashes(r.Hashes)
	out := make([]audit.Record, 0, len(leaves))
	for i := 0; i < len(leaves) || len(hashes) > 0; i++ {
		record := audit.Record{Seq: r.First + int64(i)}
		if n := min(completedBy(record.Seq), len(hashes)); n > 0 {
			record.Hashes, hashes = hashes[:n:n], hashes[n:]
		}
		var leaf string
		var opening []byte
		if i < len(leaves) {
			leaf = leaves[i]
		}
		if i < len(openings) {
			opening = openings[i]
		}
		if keep != nil && !keep(leaf, opening) {
			continue
		}
		if i < len(leaves) {
			record.Leaf = []byte(leaf)
		}
		if err := openWith(&record, opening); err != nil {
			return nil, err
		}
		out = append(out, record)
	}
	return out, nil
}

// one is one entry of the rows, without its hashes.
func (r *Rows) one(seq int64) (record audit.Record, found bool, err error) {
	leaves, openings := r.Leaves, r.Openings
	for at := r.First; len(leaves) > 0; at++ {
		leaf, rest, _ := bytes.Cut(leaves, []byte("\n"))
		leaves = rest
		opening, others, err := cutOpening(openings)
		if err != nil {
			return audit.Record{}, false, fmt.Errorf("read opening of entry %d: %w", at, err)
		}
		openings = others
		if at < seq {
			continue
		}
		record = audit.Record{Seq: seq, Leaf: leaf}
		return record, true, openWith(&record, opening)
	}
	return audit.Record{}, false, nil
}

// openWith gives a record what is stored as its opening: nothing where retention removed it.
func openWith(r *audit.Record, stored []byte) error {
	if len(stored) == 0 {
		return nil
	}
	if r.ErasedBy = audit.ErasedBy(stored); r.ErasedBy > 0 {
		return nil
	}
	r.Opening = &audit.Opening{}
	if err := r.Opening.UnmarshalBinary(stored); err != nil {
		return fmt.Errorf("read opening of entry %d: %w", r.Seq, err)
	}
	return nil
}

// Size is how many entries a log has whose last row begins with the entry first and holds
// so many bytes of hashes.
func Size(first, hashBytes int64) int64 {
	size := first
	for hashes := int(hashBytes) / tlog.HashSize; hashes > 0; size++ {
		hashes -= completedBy(size)
	}
	return size
}

// PlaceOfHash is where a stored hash is: among those that the entry seq completed, as the
// bytes from offset on of the row that begins with the entry first and holds that one. They
// are stored in the order in which they were completed, which is that of their index
// (tlog.StoredHashIndex); the one of level l and number n was completed by the last leaf
// below it.
func PlaceOfHash(index int64) (seq int64, offset func(first int64) int64) {
	level, n := tlog.SplitStoredHashIndex(index)
	return (n+1)<<level - 1, func(first int64) int64 {
		return (index - tlog.StoredHashCount(first)) * tlog.HashSize
	}
}

// completedBy is how many hashes an entry completes: its own and those of the subtrees
// that it is the last leaf of.
func completedBy(seq int64) int {
	return bits.TrailingZeros64(^uint64(seq)) + 1 //nolint:gosec // only the bits count
}

// JoinHashes is how hashes are stored, in turn.
func JoinHashes(hashes []tlog.Hash) []byte {
	out := make([]byte, 0, len(hashes)*tlog.HashSize)
	for _, h := range hashes {
		out = append(out, h[:]...)
	}
	return out
}

// SplitHashes is the opposite of [JoinHashes].
func SplitHashes(blob []byte) []tlog.Hash {
	out := make([]tlog.Hash, 0, len(blob)/tlog.HashSize)
	for ; len(blob) >= tlog.HashSize; blob = blob[tlog.HashSize:] {
		out = append(out, tlog.Hash(blob[:tlog.HashSize]))
	}
	return out
}

// SplitOpenings gives for each entry the bytes of its opening; none: it was removed.
func SplitOpenings(blob []byte) ([][]byte, error) {
	var out [][]byte
	for len(blob) > 0 {
		opening, rest, err := cutOpening(blob)
		if err != nil {
			return nil, err
		}
		out, blob = append(out, opening), rest
	}
	return out, nil
}

// cutOpening takes the first opening off. No bytes give an empty opening, like one that
// was removed.
func cutOpening(blob []byte) (opening, rest []byte, err error) {
	if len(blob) == 0 {
		return nil, nil, nil
	}
	length, n := binary.Uvarint(blob)
	if n <= 0 || length > uint64(len(blob)-n) { //nolint:gosec // n is at most the length
		return nil, nil, audit.ErrNotOpening
	}
	end := n + int(length) //nolint:gosec // not more than the blob has
	return blob[n:end:end], blob[end:], nil
}

// JoinOpenings is the opposite of [SplitOpenings].
func JoinOpenings(openings [][]byte) []byte {
	var out []byte
	for _, o := range openings {
		out = append(binary.AppendUvarint(out, uint64(len(o))), o...)
	}
	return out
}
