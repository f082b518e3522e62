package app

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/panics"
)

func TestARoundThatFailsOrPanicsCostsThatRoundOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		contained, rounds := 0, 0
		a := &App{
			log:    slog.New(slog.NewTextHandler(&out, nil)),
			panics: func(context.Context, *panics.Error) { contained++ },
		}
		ctx, end := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			a.run(ctx, chore{"housekeeping", time.Minute, slog.LevelWarn, false, func(context.Context) error {
				rounds++
				switch rounds {
				case 1:
					panic("fault in a chore")
				case 2:
					return errors.New("the disk is full")
				}
				return nil
			}})
		}()
		time.Sleep(150 * time.Second) // of the bubble's clock: at the start, and after one and two minutes
		end()
		<-done
		if rounds != 3 || contained != 1 {
			t.Errorf("%d rounds, %d panics", rounds, contained)
		}
		if log := out.String(); strings.Count(log, "housekeeping failed") != 2 || !strings.Contains(log, "the disk is full") {
			t.Errorf("the log says\n%s", log)
		}
	})
}
