package ids

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"sync/atomic"
)

// Source gives a new value each time it is asked. Safe for concurrent use.
type Source struct {
	seed    int64
	counter atomic.Uint64
}

// New starts a source.
func New(seed int64) *Source { return &Source{seed: seed} }

// Token is a fresh opaque value of 32 characters.
func (s *Source) Token() string {
	sum := s.next()
	return base64.RawURLEncoding.EncodeToString(sum[:24])
}

// UUID is a fresh value in the form of a version 4 UUID.
func (s *Source) UUID() string { return format(s.next()) }

// Stable is the UUID that a thing of that name has under this seed, always the same.
func (s *Source) Stable(name string) string {
	return format(sha256.Sum256([]byte(strconv.FormatInt(s.seed, 10) + "\x00" + name)))
}

func (s *Source) next() [32]byte {
	var in [16]byte
	binary.BigEndian.PutUint64(in[:8], uint64(s.seed)) //nolint:gosec // only the bits matter, a negative seed may wrap
	binary.BigEndian.PutUint64(in[8:], s.counter.Add(1))
	return sha256.Sum256(in[:])
}

func format(sum [32]byte) string {
	b := sum[:16]
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	h := hex.EncodeToString(b)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
