package app

import (
	"context"
	"log/slog"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/telemetry"
)

const retainEvery = 24 * time.Hour

// retain removes what is older than it may be kept, at the start and every day.
func (a *App) retain(ctx context.Context) {
	tick := time.NewTicker(retainEvery)
	defer tick.Stop()
	log := audit.Retention{Store: a.store.Log(), Now: a.now, Correlations: a.retention.Correlation.Before, Bodies: a.retention.Log.Before}
	for {
		done, err := log.Run(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			a.log.LogAttrs(ctx, slog.LevelError, "retention failed", slog.String(telemetry.KeyError, err.Error()))
		case done != audit.Retained{}:
			a.log.LogAttrs(ctx, slog.LevelInfo, "retention removed what was due", slog.Int(telemetry.KeyCount, done.Correlations+done.Bodies))
		}
		if err := a.history.RemoveExpired(ctx); err != nil && ctx.Err() == nil {
			a.log.LogAttrs(ctx, slog.LevelError, "history retention failed", slog.String(telemetry.KeyError, err.Error()))
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
