package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/audit/checkpoint"
	"github.com/patient-care-aggregator/aggregator/internal/consent"
	"github.com/patient-care-aggregator/aggregator/internal/store"
	"github.com/patient-care-aggregator/aggregator/internal/telemetry"
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

func (w *wiring) record(ctx context.Context, db *store.Store, sink *upstream.Client) (record, error) {
	checkpoints, key, err := checkpoint.OpenPublisher(checkpoint.Options{
		File: w.c.CheckpointFile(), KeyPath: w.c.CheckpointKeyPath(), Origin: checkpoint.OriginOf(w.c.PublicURL), Sink: w.c.CheckpointSink, Token: w.c.CheckpointSinkToken,
		HTTP: sink, Log: db.Log(), Leads: db.Leads, Now: w.o.Now, Logger: w.o.Log, Failed: w.metrics.CheckpointFailed, Panics: w.panics,
	})
	if err != nil {
		return record{}, fmt.Errorf("start audit checkpoints: %w", err)
	}
	w.o.Log.LogAttrs(ctx, slog.LevelInfo, "checkpoints of the log are signed", slog.Any(telemetry.KeySigners, key.Signing()))
	if !key.Changing.IsZero() {
		w.o.Log.LogAttrs(ctx, slog.LevelInfo, "the key that signs checkpoints is being changed: finish it in time with 'aggregator audit change-key --finish'",
			slog.Time(telemetry.KeySince, key.Changing), slog.Time(telemetry.KeyUntil, key.Changing.Add(checkpoint.ChangeTime)))
	}
	// A database from a backup has forgotten withdrawals and erasures: it shows nothing.
	// Where only the sink can tell, nothing is shown before it was asked.
	switch err := checkpoints.Compare(ctx); {
	case errors.Is(err, checkpoint.ErrNotReadBack):
		w.o.Log.LogAttrs(ctx, slog.LevelError, "no data is shown until the checkpoint sink was read back", slog.String(telemetry.KeyError, err.Error()))
	case errors.Is(err, checkpoint.ErrForked):
		w.o.Log.LogAttrs(ctx, slog.LevelError, "the log is not the one that was signed: no data is shown", slog.String(telemetry.KeyError, err.Error()))
	case err != nil:
		return record{}, fmt.Errorf("start audit checkpoints: %w", err)
	}
	health := audit.NewWriteHealth(audit.TryWriting(db.OneTimeValues(), w.o.Now), w.o.Now)
	r := record{stored: db.Log(), health: health, checkpoints: checkpoints, key: key}
	r.appender = r.watched(r.stored)
	return r, nil
}

// watched is a way to write to the stored log that shows nothing of one that is not proved and
// reports the outcome to health.
func (r record) watched(a audit.Appender) audit.Appender {
	return proved{r.health.Recording(a), r.checkpoints.Proved}
}

// ready returns why the service cannot answer; nil when it can.
func (r record) ready(ctx context.Context) error {
	if err := r.checkpoints.Proved(); err != nil {
		return err
	}
	return r.health.Ready(ctx)
}

// proved records that data was shown only in the log that was signed, once that is known.
// Anything else, such as the reads of auditors who look into it, is recorded all the same.
type proved struct {
	audit.Appender

	proved func() error
}

// Append implements audit.Appender.
func (p proved) Append(ctx context.Context, g audit.Guard, entries ...audit.Entry) (audit.Written, error) {
	shows := func(e audit.Entry) bool {
		return e.Kind == audit.DataReleased || e.Kind == audit.DataNotModified || e.Kind == audit.SubjectAccess
	}
	if slices.ContainsFunc(entries, shows) {
		if err := p.proved(); err != nil {
			return audit.Written{}, err
		}
	}
	return p.Appender.Append(ctx, g, entries...) //nolint:wrapcheck // it is the appender
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
				s.ring.Fingerprint(), s.login.ID(), s.platform.ID(), s.receipts.ID(), strings.Join(r.key.Signing(), " and "))},
			{
				Kind: audit.ConfigurationKnown, Purpose: "version " + w.o.Version, Digest: digest,
				Policy: policy.Version(), ValueSets: set.Version(), Notice: notices.InForce().Version,
			},
		}
	}), nil
}
