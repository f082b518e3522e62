package app

import (
	"context"
	"fmt"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/audit/checkpoint"
)

// record makes what keeps the log provable, signed checkpoints, and writes down
// which keys and configuration are in force where they differ from the last time.
func (w *wiring) record(ctx context.Context) (checkpoint.Key, error) {
	a := w.app
	checkpoints, key, err := checkpoint.OpenPublisher(checkpoint.Options{
		File: w.c.CheckpointFile(), KeyPath: w.c.CheckpointKeyPath(), Origin: checkpoint.OriginOf(w.c.PublicURL), Sink: w.c.CheckpointSink,
		HTTP: w.outgoing("checkpoint-sink", signInTimeout, maxDocument, nil),
		Log:  a.store.Log(), Now: w.o.Now, Logger: w.o.Log, Failed: w.metrics.CheckpointFailed, Panics: w.panics,
	})
	if err != nil {
		return checkpoint.Key{}, fmt.Errorf("start audit checkpoints: %w", err)
	}
	a.checkpoints = checkpoints
	digest, err := w.c.Digest()
	if err != nil {
		return checkpoint.Key{}, err
	}
	a.changes = audit.NewChanges(a.store.Log(), w.o.Now, func() []audit.Entry {
		words, policy := a.Words()
		return []audit.Entry{
			{Kind: audit.KeyChanged, Purpose: fmt.Sprintf("ring %s, NHS login %s, API platform %s, checkpoints %s",
				w.ring.ActiveID(), w.login.ID(), w.platform.ID(), key.Public)},
			{
				Kind: audit.ConfigurationKnown, Purpose: "version " + w.o.Version, Digest: digest,
				Policy: policy.Version(), ValueSets: words.Version(), Notice: w.notices.InForce().Version,
			},
		}
	})
	if err := a.changes.Record(ctx); err != nil {
		return checkpoint.Key{}, fmt.Errorf("start: %w", err)
	}
	return key, nil
}
