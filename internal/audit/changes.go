package audit

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// How long the start may look back for what was recorded last. Where the log is
// too long for that, it is recorded once more, which is true as well.
const lookBackTime = 2 * time.Second

// Changes records which keys and which configuration are in force, when they
// differ from what the log says last: an auditor can then tell under which words,
// policy and keys each entry was made.
type Changes struct {
	log     AppendFinder
	now     func() time.Time
	current func() []Entry

	mu       sync.Mutex
	recorded map[Kind]Entry
}

// AppendFinder is the log as [Changes] needs it.
type AppendFinder interface {
	Appender
	Finder
}

// NewChanges needs current to return a key_change and a configuration entry,
// without their time.
func NewChanges(log AppendFinder, now func() time.Time, current func() []Entry) *Changes {
	return &Changes{log: log, now: now, current: current, recorded: map[Kind]Entry{}}
}

// Record appends what changed since it was recorded last; nothing when nothing did.
func (c *Changes) Record(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var changed []Entry
	for _, e := range c.current() {
		last, known := c.recorded[e.Kind]
		if !known {
			last = c.last(ctx, e.Kind)
		}
		if same(last, e) {
			c.recorded[e.Kind] = e
			continue
		}
		e.At, e.Actor, e.Outcome = c.now(), ActorService, Succeeded
		changed = append(changed, e)
	}
	if len(changed) == 0 {
		return nil
	}
	if _, err := c.log.Append(ctx, Guard{}, changed...); err != nil {
		return fmt.Errorf("record what changed: %w", err)
	}
	for _, e := range changed {
		c.recorded[e.Kind] = e
	}
	return nil
}

// last is the newest entry of a kind; the zero entry where there is none, or the
// log is too long to look for it.
func (c *Changes) last(ctx context.Context, kind Kind) Entry {
	ctx, cancel := context.WithTimeout(ctx, lookBackTime)
	defer cancel()
	found, err := c.log.Find(ctx, Filter{List: Service, Kinds: []Kind{kind}, NewestFirst: true}, 0, 1)
	if err != nil || len(found) == 0 {
		return Entry{}
	}
	e, err := found[0].Entry()
	if err != nil {
		return Entry{}
	}
	return e
}

func same(a, b Entry) bool {
	return a.Purpose == b.Purpose && a.Digest == b.Digest && a.Policy == b.Policy && a.ValueSets == b.ValueSets && a.Notice == b.Notice
}
