package projection

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"github.com/patient-care-aggregator/aggregator/internal/panics"
)

// loadTime bounds one load, which may outlive the caller that began it.
const loadTime = 5 * time.Second

// Options are what a Projection needs; Panics may be nil.
type Options[K comparable, V any] struct {
	Name  string // of what is kept, in plural, for errors and the place of a panic
	Limit int    // of keys, 1 or more
	// Load reads one key from the store. Its context is detached from the caller's
	// and has its own deadline. A key that it does not find is an error: errors are
	// returned to the callers that wait and are not kept.
	Load   func(context.Context, K) (V, error)
	Panics panics.Handler
}

// Projection keeps values by key. It is safe for concurrent use.
type Projection[K comparable, V any] struct {
	o Options[K, V]

	mu    sync.Mutex
	known *simplelru.LRU[K, V]
	loads map[K]*load[V] // in progress and not outdated
}

type load[V any] struct {
	done      chan struct{} // closed when the rest is set
	value     V
	err       error
	overtaken bool
}

// New returns an empty projection. The error says that Limit is less than 1 or
// that Load is missing.
func New[K comparable, V any](o Options[K, V]) (*Projection[K, V], error) {
	if o.Load == nil {
		return nil, fmt.Errorf("keep %s: a load function is required", o.Name)
	}
	known, err := simplelru.NewLRU[K, V](o.Limit, nil)
	if err != nil {
		return nil, fmt.Errorf("keep %s: %w", o.Name, err)
	}
	return &Projection[K, V]{o: o, known: known, loads: map[K]*load[V]{}}, nil
}

// Get returns the value of key, from memory or from the store. Callers that ask
// for one key at the same time share one load.
func (p *Projection[K, V]) Get(ctx context.Context, key K) (V, error) {
	for {
		p.mu.Lock()
		if value, ok := p.known.Get(key); ok {
			p.mu.Unlock()
			return value, nil
		}
		l := p.loads[key]
		if l == nil {
			l = &load[V]{done: make(chan struct{})}
			p.loads[key] = l
			go p.fill(context.WithoutCancel(ctx), key, l)
		}
		p.mu.Unlock()
		select {
		case <-l.done:
		case <-ctx.Done():
			var none V
			return none, fmt.Errorf("read %s: %w", p.o.Name, context.Cause(ctx))
		}
		if !l.overtaken {
			return l.value, l.err
		}
	}
}

func (p *Projection[K, V]) fill(ctx context.Context, key K, l *load[V]) {
	defer close(l.done)
	ctx, cancel := context.WithTimeout(ctx, loadTime)
	defer cancel()
	l.err = p.o.Panics.Contain(ctx, "read "+p.o.Name, func() (err error) {
		l.value, err = p.o.Load(ctx, key)
		return err
	})
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.loads[key] != l {
		l.overtaken = true
		return
	}
	delete(p.loads, key)
	if l.err == nil {
		p.known.Add(key, l.value)
	}
}

// Put keeps a value that is now durable.
func (p *Projection[K, V]) Put(key K, value V) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.loads, key)
	p.known.Add(key, value)
}

// Update applies a change that is now durable: if the key is kept, its value
// becomes the one that change returns, or is forgotten if change returns false.
// change MUST return a new value and leave the old one as it is; it MUST be quick
// and MUST NOT use the projection.
func (p *Projection[K, V]) Update(key K, change func(V) (V, bool)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.loads, key)
	value, ok := p.known.Peek(key)
	if !ok {
		return
	}
	if next, keep := change(value); keep {
		p.known.Add(key, next)
	} else {
		p.known.Remove(key)
	}
}

// Forget drops one key. Call it when the key changed or may have changed in the store.
func (p *Projection[K, V]) Forget(key K) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.loads, key)
	p.known.Remove(key)
}

// ForgetAll drops every key. Call it when another process wrote to the store.
func (p *Projection[K, V]) ForgetAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.loads)
	p.known.Purge()
}

// ForgetWhere drops the keys for which over reports true, such as those whose
// time is over. It does not affect loads in progress. over MUST be quick and MUST
// NOT use the projection.
func (p *Projection[K, V]) ForgetWhere(over func(K, V) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, key := range p.known.Keys() {
		if value, ok := p.known.Peek(key); ok && over(key, value) {
			p.known.Remove(key)
		}
	}
}

// ChangedWhere drops the keys for which of reports true, because another process changed
// them in the store. Loads in progress, whose values are not known yet, are outdated. of
// MUST be quick and MUST NOT use the projection.
func (p *Projection[K, V]) ChangedWhere(of func(K, V) bool) {
	p.mu.Lock()
	clear(p.loads)
	p.mu.Unlock()
	p.ForgetWhere(of)
}

// Len returns how many keys are kept.
func (p *Projection[K, V]) Len() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.known.Len()
}
