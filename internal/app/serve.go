package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/patient-care-aggregator/aggregator/internal/telemetry"
)

const (
	tidyEvery    = time.Minute
	drainTimeout = 15 * time.Second
)

// Serve answers on both listeners until ctx ends, then lets requests under way
// finish. It does not close the App.
func (a *App) Serve(ctx context.Context, public, admin net.Listener) error {
	servers := []*http.Server{newServer(a.Handler, a.log), newServer(a.Admin, a.log)}
	listeners := []net.Listener{public, admin}
	// A profile of the process takes longer than an answer to a citizen may.
	servers[1].WriteTimeout = 2 * time.Minute

	group, ctx := errgroup.WithContext(ctx)
	for i, s := range servers {
		group.Go(func() error {
			if err := s.Serve(listeners[i]); !errors.Is(err, http.ErrServerClosed) {
				return fmt.Errorf("serve: %w", err)
			}
			return nil
		})
		group.Go(func() error {
			<-ctx.Done()
			drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
			defer cancel()
			if err := s.Shutdown(drain); err != nil {
				return fmt.Errorf("shut down: %w", err)
			}
			return nil
		})
	}
	group.Go(func() error {
		a.tidy(ctx)
		return nil
	})
	group.Go(func() error {
		a.retain(ctx)
		return nil
	})
	group.Go(func() error {
		a.checkpoints.Run(ctx, a.checkpointEvery)
		return nil
	})
	return group.Wait()
}

func newServer(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      15 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
}

// tidy does the housekeeping of sessions and unfinished sign-ins.
func (a *App) tidy(ctx context.Context) {
	tick := time.NewTicker(tidyEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := errors.Join(a.sessions.Tidy(ctx), a.tidySignIns(ctx), a.changes.Record(ctx)); err != nil {
				a.log.WarnContext(ctx, "housekeeping failed", slog.String(telemetry.KeyError, err.Error()))
			}
		}
	}
}
