package app

import (
	"fmt"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/audit/checkpoint"
	"github.com/patient-care-aggregator/aggregator/internal/consent"
	"github.com/patient-care-aggregator/aggregator/internal/store"
	"github.com/patient-care-aggregator/aggregator/internal/upstream"
)

// record is the audit log, and what keeps it provable.
type record struct {
	stored store.Log
	// appender is the stored log to write to: it also reports the outcome to health.
	appender    audit.Appender
	health      *audit.WriteHealth
	checkpoints *checkpoint.Publisher
	key         checkpoint.Key
}

func (w *wiring) record(db *store.Store, sink *upstream.Client) (record, error) {
	checkpoints, key, err := checkpoint.OpenPublisher(checkpoint.Options{
		File: w.c.CheckpointFile(), KeyPath: w.c.CheckpointKeyPath(), Origin: checkpoint.OriginOf(w.c.PublicURL), Sink: w.c.CheckpointSink, Token: w.c.CheckpointSinkToken,
		HTTP: sink, Log: db.Log(), Now: w.o.Now, Logger: w.o.Log, Failed: w.metrics.CheckpointFailed, Panics: w.panics,
	})
	if err != nil {
		return record{}, fmt.Errorf("start audit checkpoints: %w", err)
	}
	health := audit.NewWriteHealth(audit.TryWriting(db.OneTimeValues(), w.o.Now), w.o.Now)
	return record{stored: db.Log(), appender: health.Recording(db.Log()), health: health, checkpoints: checkpoints, key: key}, nil
}

// changes writes down which keys and configuration are in force where they differ
// from the last time.
func (w *wiring) changes(r record, s secrets, words *words, notices *consent.Notices) (*audit.Changes, error) {
	digest, err := w.c.Digest()
	if err != nil {
		return nil, err
	}
	return audit.NewChanges(r.stored, w.o.Now, func() []audit.Entry {
		set, policy := words.current()
		return []audit.Entry{
			{Kind: audit.KeyChanged, Purpose: fmt.Sprintf("ring %s, NHS login %s, API platform %s, receipts %s, checkpoints %s",
				s.ring.Fingerprint(), s.login.ID(), s.platform.ID(), s.receipts.ID(), r.key.Public)},
			{
				Kind: audit.ConfigurationKnown, Purpose: "version " + w.o.Version, Digest: digest,
				Policy: policy.Version(), ValueSets: set.Version(), Notice: notices.InForce().Version,
			},
		}
	}), nil
}
