package kit

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"sync/atomic"
)

// IDs makes codes, tokens and identifiers. They follow from the seed and the order
// of the calls. It is safe for concurrent use.
type IDs struct {
	seed    int64
	counter atomic.Uint64
}

// NewIDs starts at the first id of a seed.
func NewIDs(seed int64) *IDs { return &IDs{seed: seed} }

// Token is a fresh opaque value of 32 characters.
func (i *IDs) Token() string {
	sum := i.next()
	return base64.RawURLEncoding.EncodeToString(sum[:24])
}

// UUID is a fresh value in the form of a version 4 UUID.
func (i *IDs) UUID() string { return formatUUID(i.next()) }

// Stable is the UUID of a name under this seed, always the same.
func (i *IDs) Stable(name string) string {
	return formatUUID(sha256.Sum256([]byte(strconv.FormatInt(i.seed, 10) + "\x00" + name)))
}

func (i *IDs) next() [32]byte {
	var in [16]byte
	binary.BigEndian.PutUint64(in[:8], uint64(i.seed)) //nolint:gosec // only the bits matter, a negative seed may wrap
	binary.BigEndian.PutUint64(in[8:], i.counter.Add(1))
	return sha256.Sum256(in[:])
}

func formatUUID(sum [32]byte) string {
	b := sum[:16]
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	h := hex.EncodeToString(b)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
