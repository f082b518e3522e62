package app

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/config"
)

// How long the start may look back for what was recorded last. Where the log is
// too long for that, it is recorded once more, which is true as well.
const lookBackTime = 2 * time.Second

// changes records which keys and which configuration are in force, when they
// differ from what the log says last: an auditor can then tell under which words,
// policy and keys each entry was made.
type changes struct {
	log interface {
		audit.Appender
		audit.Finder
	}
	now func() time.Time
	// current gives a key_change and a configuration entry, without their time.
	current func() []audit.Entry

	mu       sync.Mutex
	recorded map[audit.Kind]audit.Entry
}

// record appends what changed since it was recorded last; nothing when nothing did.
func (c *changes) record(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.recorded == nil {
		c.recorded = map[audit.Kind]audit.Entry{}
	}
	var changed []audit.Entry
	for _, e := range c.current() {
		last, known := c.recorded[e.Kind]
		if !known {
			last = c.last(ctx, e.Kind)
		}
		if same(last, e) {
			c.recorded[e.Kind] = e
			continue
		}
		e.At, e.Actor, e.Outcome = c.now(), audit.ActorService, audit.Succeeded
		changed = append(changed, e)
	}
	if len(changed) == 0 {
		return nil
	}
	if _, err := c.log.Append(ctx, changed...); err != nil {
		return fmt.Errorf("record what changed: %w", err)
	}
	for _, e := range changed {
		c.recorded[e.Kind] = e
	}
	return nil
}

// last is the newest entry of a kind; the zero entry where there is none, or the
// log is too long to look for it.
func (c *changes) last(ctx context.Context, kind audit.Kind) audit.Entry {
	ctx, cancel := context.WithTimeout(ctx, lookBackTime)
	defer cancel()
	found, err := c.log.Find(ctx, audit.Filter{Kinds: []audit.Kind{kind}, NewestFirst: true}, audit.Cursor{}, 1)
	if err != nil || len(found) == 0 {
		return audit.Entry{}
	}
	e, err := found[0].Entry()
	if err != nil {
		return audit.Entry{}
	}
	return e
}

func same(a, b audit.Entry) bool {
	return a.Purpose == b.Purpose && a.Digest == b.Digest && a.Policy == b.Policy && a.ValueSets == b.ValueSets && a.Notice == b.Notice
}

// settings is the SHA-256, in unpadded base64url, of the configuration without its
// secrets, which marshal as a constant.
func settings(c config.Config) (string, error) {
	text, err := json.Marshal(c)
	if err != nil {
		return "", fmt.Errorf("digest the configuration: %w", err)
	}
	sum := sha256.Sum256(text)
	return base64.RawURLEncoding.EncodeToString(sum[:]), nil
}
