package harness

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"sync"
)

// Random is a source of randomness that is the same in every run, so that what the
// service answers can be compared byte by byte. It is safe for concurrent use.
//
// Reads of different lengths have sequences of their own: a citizen's secret stays
// the same when a sign-in needs one more or one fewer of another length.
type Random struct {
	mu        sync.Mutex
	seed      string
	sequences map[int]*rand.ChaCha8
}

// NewRandom begins with the empty seed.
func NewRandom() *Random { return &Random{sequences: map[int]*rand.ChaCha8{}} }

// Seed begins again: equal seeds are followed by equal sequences. A test gives each
// of its cases a seed, so that no case depends on those before it.
func (r *Random) Seed(seed string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seed = seed
	clear(r.sequences)
}

// Read implements io.Reader. It fills p and never fails.
func (r *Random) Read(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	sequence, begun := r.sequences[len(p)]
	if !begun {
		sequence = rand.NewChaCha8(sha256.Sum256(fmt.Appendf(nil, "%s\x00%d", r.seed, len(p))))
		r.sequences[len(p)] = sequence
	}
	return sequence.Read(p) //nolint:wrapcheck // never fails
}
