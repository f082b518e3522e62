package audit

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
)

// numbers checks, with one bit an entry, that each list is numbered 1, 2, 3 … without a
// gap and without a number twice.
//
// Each entry puts down a token made of its list, its number and its place, and picks up
// the token of the entry that it names as the one before. If every list is a chain, what
// lies there at the end is the tokens of the newest entries. Only the sum of the tokens
// is kept. They are made under a random key, so nobody can prepare entries whose sums agree.
//
// Of an entry whose opening is gone the token is unknown, and the chain of its list
// begins behind it.
type numbers struct {
	key    [32]byte
	lying  sum
	closed []uint64 // a bit for each entry whose opening is gone
}

// sum adds tokens, each as four numbers without a carry between them.
type sum [4]uint64

func (s *sum) add(t sum) {
	for i := range s {
		s[i] += t[i]
	}
}

func (s *sum) subtract(t sum) {
	for i := range s {
		s[i] -= t[i]
	}
}

func newNumbers() numbers {
	var n numbers
	_, _ = rand.Read(n.key[:]) // never fails, see NewSalt
	return n
}

func (n *numbers) token(list ListID, number, seq int64) sum {
	var text [32 + len(list) + 16]byte
	copy(text[:], n.key[:])
	copy(text[32:], list[:])
	binary.BigEndian.PutUint64(text[48:], uint64(number)) //nolint:gosec // only the bits count
	binary.BigEndian.PutUint64(text[56:], uint64(seq))    //nolint:gosec // only the bits count
	hash := sha256.Sum256(text[:])
	var t sum
	for i := range t {
		t[i] = binary.BigEndian.Uint64(hash[8*i:])
	}
	return t
}

// add takes the next entry, of which e is what it says.
func (n *numbers) add(r Record, e Entry) error {
	o := r.Opening
	if o == nil {
		n.close(r.Seq)
		return nil
	}
	if (o.Number == 1) != (o.Previous < 0) || o.Previous >= r.Seq {
		return FaultAt(Misnumbered, r.Seq, "its number and the entry before it in its list contradict each other")
	}
	if o.Previous >= 0 && !n.isClosed(o.Previous) {
		n.lying.subtract(n.token(o.List, o.Number-1, o.Previous))
	}
	if !e.Closes() {
		n.lying.add(n.token(o.List, o.Number, r.Seq))
	}
	return nil
}

// newest takes off the newest entry of a list.
func (n *numbers) newest(list ListID, number, last int64) {
	if last >= 0 && !n.isClosed(last) {
		n.lying.subtract(n.token(list, number, last))
	}
}

// check is for when the newest entry of every list was taken off.
func (n *numbers) check(size int64) error {
	if n.lying != (sum{}) {
		return &Fault{Kind: Misnumbered, First: 0, Last: size - 1, Detail: "in some list a number is missing, or there twice"}
	}
	return nil
}

func (n *numbers) close(seq int64) {
	for int64(len(n.closed)) <= seq/64 {
		n.closed = append(n.closed, 0)
	}
	n.closed[seq/64] |= 1 << (seq % 64)
}

func (n *numbers) isClosed(seq int64) bool {
	return seq/64 < int64(len(n.closed)) && n.closed[seq/64]&(1<<(seq%64)) != 0
}
