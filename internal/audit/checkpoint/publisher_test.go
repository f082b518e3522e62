package checkpoint_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit/audittest"
	"github.com/patient-care-aggregator/aggregator/internal/audit/checkpoint"
)

// Each answer with data asks whether the log is forked, so that must not wait for a sink.
func TestASlowSinkHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	key, _ := newKey(t)
	reached, release, published, answered := make(chan struct{}), make(chan struct{}), make(chan error), make(chan bool, 1)
	p, err := checkpoint.New(checkpoint.Deps{
		Log: audittest.New(t, 3), Signers: key.Signers, Now: func() time.Time { return audittest.Day(4) }, Logger: slog.New(slog.DiscardHandler),
		Sink: sinkFunc(func(context.Context, []byte) error {
			close(reached)
			<-release
			return nil
		}),
	})
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		_, err := p.Publish(t.Context())
		published <- err
	}()
	<-reached
	go func() { answered <- p.Forked() || p.Failed() != nil }()
	select {
	case failed := <-answered:
		if failed {
			t.Error("it counts as failed before it ended")
		}
	case <-time.After(5 * time.Second):
		t.Error("who asked waited for the sink")
	}
	close(release)
	if err := <-published; err != nil {
		t.Error(err)
	}
}
