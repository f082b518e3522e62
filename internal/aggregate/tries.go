package aggregate

import (
	"errors"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

const (
	// RefreshFloor is the youngest that a reading may be when a refresh asks for another.
	// e-RS's quota belongs to all citizens together, and nothing changes there faster.
	RefreshFloor = 10 * time.Second
	// hold is how long a source that failed is not asked again for the same citizen.
	hold = 5 * time.Second
	// mostTries bounds the failures that are remembered.
	mostTries = 50_000
)

// tries remember when asking a source for a citizen failed last, until a try
// succeeds: a worried person who pressed "check again" must not be told that it
// worked. Safe for concurrent use.
type tries struct {
	mu     sync.Mutex
	failed *simplelru.LRU[string, try]
}

// try is the last try of a source, which failed.
type try struct {
	at  time.Time
	err error
}

func newTries() *tries {
	failed, err := simplelru.NewLRU[string, try](mostTries, nil)
	if err != nil {
		panic(err) // unreachable: the size is positive
	}
	return &tries{failed: failed}
}

// last is the failed try since the last that succeeded; ok: there is one.
func (t *tries) last(key string) (try, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.failed.Get(key)
}

// holds is the failed try that stands for another one now.
func (t *tries) holds(key string, now time.Time) (try, bool) {
	last, ok := t.last(key)
	age := now.Sub(last.at)
	return last, ok && mayHold(last.err) && age >= 0 && age < hold
}

func (t *tries) fail(key string, now time.Time, err error) try {
	t.mu.Lock()
	defer t.mu.Unlock()
	last := try{at: now, err: err}
	t.failed.Add(key, last)
	return last
}

func (t *tries) forget(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.failed.Remove(key)
}

// mayHold reports whether a failure says something about the source, and not about
// the citizen's right to ask it, which a new sign-in can change.
func mayHold(err error) bool {
	var f *Failure
	return errors.As(err, &f) && !f.NotStale && !errors.Is(err, ErrReauthenticate)
}
