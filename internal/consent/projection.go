package consent

import (
	"container/list"
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/citizen"
)

// projection holds the events of citizens lately asked about, at most limit of
// them. It never holds less than what was committed before an act returned: an
// act that commits while the same citizen is being loaded spoils that load.
type projection struct {
	load  func(context.Context, citizen.Ref) ([]Event, error)
	limit int

	mu      sync.Mutex
	known   map[citizen.Ref]*list.Element // of *remembered
	recent  *list.List                    // most recently used first
	loading map[citizen.Ref]*loading
}

const loadTime = 5 * time.Second

type remembered struct {
	ref    citizen.Ref
	events []Event // never changed in place
}

// of reads an element of the list, which holds nothing else.
func of(at *list.Element) *remembered {
	r, _ := at.Value.(*remembered)
	return r
}

type loading struct {
	done   chan struct{}
	events []Event
	err    error
}

func newProjection(limit int, load func(context.Context, citizen.Ref) ([]Event, error)) *projection {
	return &projection{
		load: load, limit: limit,
		known: map[citizen.Ref]*list.Element{}, recent: list.New(), loading: map[citizen.Ref]*loading{},
	}
}

// events gives a citizen's events; the caller MUST NOT change them. Many callers
// at once for one citizen share one load, which outlives the caller that began it
// by loadTime at most.
func (p *projection) events(ctx context.Context, ref citizen.Ref) ([]Event, error) {
	p.mu.Lock()
	if at := p.known[ref]; at != nil {
		p.recent.MoveToFront(at)
		events := of(at).events
		p.mu.Unlock()
		return events, nil
	}
	l := p.loading[ref]
	if l == nil {
		l = &loading{done: make(chan struct{})}
		p.loading[ref] = l
		go p.fill(context.WithoutCancel(ctx), ref, l)
	}
	p.mu.Unlock()
	select {
	case <-l.done:
		return l.events, l.err
	case <-ctx.Done():
		return nil, fmt.Errorf("read consents: %w", context.Cause(ctx))
	}
}

func (p *projection) fill(ctx context.Context, ref citizen.Ref, l *loading) {
	ctx, cancel := context.WithTimeout(ctx, loadTime)
	defer cancel()
	l.events, l.err = p.load(ctx, ref)
	p.mu.Lock()
	if p.loading[ref] == l { // nothing was committed meanwhile
		delete(p.loading, ref)
		if l.err == nil {
			p.keep(ref, l.events)
		}
	}
	p.mu.Unlock()
	close(l.done)
}

func (p *projection) keep(ref citizen.Ref, events []Event) {
	p.known[ref] = p.recent.PushFront(&remembered{ref: ref, events: events})
	if p.recent.Len() > p.limit {
		oldest := p.recent.Back()
		p.recent.Remove(oldest)
		delete(p.known, of(oldest).ref)
	}
}

// committed takes in an event that is durable now.
func (p *projection) committed(e Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.loading, e.Citizen) // may have read the state before
	at := p.known[e.Citizen]
	if at == nil {
		return
	}
	r := of(at)
	switch last := lastSeq(r.events); {
	case last >= e.Seq: // a later load brought it already
	case last == e.Seq-1:
		r.events = append(r.events[:last:last], e)
	default: // an event between is still on its way here
		p.recent.Remove(at)
		delete(p.known, e.Citizen)
	}
}

// forget drops one citizen.
func (p *projection) forget(ref citizen.Ref) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.loading, ref)
	if at := p.known[ref]; at != nil {
		p.recent.Remove(at)
		delete(p.known, ref)
	}
}

// forgetAll drops everybody.
func (p *projection) forgetAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.loading)
	clear(p.known)
	p.recent.Init()
}

func lastSeq(events []Event) int64 {
	if len(events) == 0 {
		return 0
	}
	return events[len(events)-1].Seq
}
