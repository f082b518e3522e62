package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/approval"
	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/staff"
	"github.com/patient-care-aggregator/aggregator/internal/store"
	"github.com/patient-care-aggregator/aggregator/internal/telemetry"
)

// chore is what the service does by itself, at the start and then in rounds.
type chore struct {
	name  string // for the log, and the place of a panic
	every time.Duration
	level slog.Level // of a round that failed
	once  bool       // among all processes that serve the database: the one that leads does it
	do    func(context.Context) error
}

func (w *wiring) chores(db *store.Store, p people, members *staff.Sessions, desk *approval.Desk, operators *operatorActs, changes *audit.Changes) []chore {
	const day = 24 * time.Hour
	retention := w.retention(db)
	return []chore{
		{"sessions housekeeping", time.Minute, slog.LevelWarn, false, p.sessions.Tidy},
		{"staff sessions housekeeping", time.Minute, slog.LevelWarn, false, members.Tidy},
		{"sign-ins housekeeping", time.Minute, slog.LevelWarn, false, func(ctx context.Context) error {
			if _, err := db.OneTimeValues().RemoveExpired(ctx, w.o.Now()); err != nil {
				return fmt.Errorf("forget unfinished sign-ins: %w", err)
			}
			return nil
		}},
		{"acts of operators", time.Minute, slog.LevelError, true, operators.look},
		{"configuration record", time.Minute, slog.LevelWarn, false, changes.Record},
		{"log retention", day, slog.LevelError, true, func(ctx context.Context) error {
			done, err := retention.Forget(ctx)
			if done > 0 {
				w.o.Log.LogAttrs(ctx, slog.LevelInfo, "correlation ids were removed", slog.Int(telemetry.KeyCount, done))
			}
			if err != nil {
				return err
			}
			return errors.Join(desk.ProposeRetention(ctx), desk.Tidy(ctx))
		}},
		{"history retention", day, slog.LevelError, true, p.history.RemoveExpired},
	}
}

// run does a chore until ctx ends. A round that fails or panics costs that round.
func (a *App) run(ctx context.Context, c chore) {
	tick := time.NewTicker(c.every)
	defer tick.Stop()
	for {
		err := a.panics.Contain(ctx, c.name, func() error {
			if c.once {
				if leads, err := a.store.Leads(ctx); err != nil || !leads {
					return err
				}
			}
			return c.do(ctx)
		})
		if err != nil && ctx.Err() == nil {
			a.log.LogAttrs(ctx, c.level, c.name+" failed", slog.String(telemetry.KeyError, err.Error()))
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
