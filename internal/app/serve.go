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

	"github.com/patient-care-aggregator/aggregator/internal/httpapi"
)

// drainTimeout is how long requests in progress may take after the service is asked
// to stop.
const drainTimeout = 15 * time.Second

// Serve answers on both listeners until ctx ends, then lets requests in progress
// finish. It does not close the App.
func (a *App) Serve(ctx context.Context, public, admin net.Listener) error {
	compressed, err := httpapi.Compressed(a.Handler)
	if err != nil {
		return fmt.Errorf("serve: %w", err)
	}
	servers := []*http.Server{newServer(compressed, a.log), newServer(a.Admin, a.log)}
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
	for _, c := range a.chores {
		group.Go(func() error {
			a.run(ctx, c)
			return nil
		})
	}
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
