package app

import (
	"context"
	"log/slog"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/config"
	"github.com/patient-care-aggregator/aggregator/internal/telemetry"
)

const retainEvery = 24 * time.Hour

// Retain removes from the log what is older than it may be kept, by the calendar.
func Retain(ctx context.Context, log audit.RetentionStore, keep config.Retention, now func() time.Time) (audit.Retained, error) {
	at := now()
	return audit.Retention{
		Store: log, Now: func() time.Time { return at },
		CorrelationLife: at.Sub(keep.Correlation.Before(at)), EntryLife: at.Sub(keep.Log.Before(at)),
	}.Run(ctx)
}

// retain does so at the start and every day.
func (a *App) retain(ctx context.Context) {
	tick := time.NewTicker(retainEvery)
	defer tick.Stop()
	for {
		done, err := Retain(ctx, a.store.Log(), a.retention, a.now)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			a.log.LogAttrs(ctx, slog.LevelError, "retention failed", slog.String(telemetry.KeyError, err.Error()))
		case done != audit.Retained{}:
			a.log.LogAttrs(ctx, slog.LevelInfo, "retention removed what was due", slog.Int(telemetry.KeyCount, done.Correlations+done.Bodies))
		}
		if err := a.history.Tidy(ctx); err != nil && ctx.Err() == nil {
			a.log.LogAttrs(ctx, slog.LevelError, "history retention failed", slog.String(telemetry.KeyError, err.Error()))
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
