package audit

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"hash"
)

// Removed are the entries whose openings an erasure removed. The entry about it commits
// to them, so nobody can say of others afterwards that they went with it.
type Removed struct {
	count int
	sum   hash.Hash
}

// Add takes the next entry, in the order of the log.
func (r *Removed) Add(seq int64) {
	if r.sum == nil {
		r.sum = sha256.New()
	}
	r.count++
	_ = binary.Write(r.sum, binary.BigEndian, seq) // never fails
}

// Count is how many there are.
func (r *Removed) Count() int { return r.count }

// Digest is SHA-256 over their sequence numbers, each as 8 bytes, big-endian, as unpadded
// base64url; empty: there are none.
func (r *Removed) Digest() string {
	if r.count == 0 {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(r.sum.Sum(nil))
}

// erasedBefore is how many bytes of zero stand for an opening that an erasure removed:
// the zero ListID is no list.
const erasedBefore = len(ListID{})

// StoredErasure is what is stored in the place of an opening that the erasure of that
// sequence number removed.
func StoredErasure(by int64) []byte {
	return binary.AppendUvarint(make([]byte, erasedBefore), uint64(by)) //nolint:gosec // never negative
}

// ErasedBy is which erasure removed the opening that was stored; 0: none did.
func ErasedBy(stored []byte) int64 {
	r := openingReader{stored, true}
	if list := r.bytes(erasedBefore); !r.ok || ListID(list) != (ListID{}) {
		return 0
	}
	if by := r.number(); r.ok && len(r.rest) == 0 {
		return by
	}
	return 0
}
