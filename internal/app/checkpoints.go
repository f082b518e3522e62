package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/audit/checkpoint"
)

// CheckpointOptions say where checkpoints of a log are signed and kept.
type CheckpointOptions struct {
	DatabasePath string
	KeyPath      string // made when absent
	Origin       string // name of a key that is made: the host that citizens see
	Sink         string // a file, or an https address; empty: the file beside the database alone
	// HTTP posts to an https sink; it has a timeout.
	HTTP *http.Client
	Log  audit.Tree
	Now  func() time.Time
	// Logger hears of checkpoints that could not be published.
	Logger *slog.Logger
	// Failed counts them; nil: nobody.
	Failed func()
}

// CheckpointsBeside is the file beside the database that every checkpoint goes
// to. It shows a rolled back or rewritten log to whoever runs the service; only a
// sink out of the administrator's reach shows it to others.
func CheckpointsBeside(databasePath string) string { return databasePath + ".checkpoints" }

// OpenCheckpoints opens or makes the signing key, and continues from the newest
// checkpoint that the file beside the database, or the sink, knows.
func OpenCheckpoints(o CheckpointOptions) (*checkpoint.Publisher, checkpoint.Key, error) {
	key, err := checkpoint.OpenKey(o.KeyPath, o.Origin)
	if err != nil {
		return nil, checkpoint.Key{}, err
	}
	verifier, err := key.Verifier()
	if err != nil {
		return nil, checkpoint.Key{}, err
	}
	files := []*checkpoint.FileSink{checkpoint.NewFileSink(CheckpointsBeside(o.DatabasePath))}
	var sinks checkpoint.Sinks
	switch {
	case strings.HasPrefix(o.Sink, "https://"):
		remote, err := checkpoint.NewHTTPSink(o.Sink, o.HTTP)
		if err != nil {
			return nil, checkpoint.Key{}, err
		}
		sinks = append(sinks, remote)
	case o.Sink != "":
		files = append(files, checkpoint.NewFileSink(o.Sink))
	}
	var last *audit.Checkpoint
	for _, f := range files {
		known, _, err := f.Checkpoints(verifier)
		if err != nil {
			return nil, checkpoint.Key{}, err
		}
		for _, c := range known {
			if last == nil || c.Size > last.Size {
				last = &c
			}
		}
		sinks = append(sinks, f)
	}
	checkpointer, err := checkpoint.New(checkpoint.Deps{
		Log: o.Log, Signer: key.Signer, Sink: sinks, Now: o.Now, Logger: o.Logger, Failed: o.Failed, Last: last,
	})
	return checkpointer, key, err
}

// originOf names the log after the host that citizens see.
func originOf(publicURL string) string {
	u, err := url.Parse(publicURL)
	if err != nil || u.Host == "" {
		return "aggregator/audit"
	}
	return u.Host + "/audit"
}

const lastCheckpointTime = 5 * time.Second

// lastCheckpoint signs what was written until the end.
func (a *App) lastCheckpoint(ctx context.Context) error {
	if a.checkpoints == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, lastCheckpointTime)
	defer cancel()
	if _, err := a.checkpoints.Publish(ctx); err != nil && !errors.Is(err, checkpoint.ErrForked) {
		return fmt.Errorf("publish the last checkpoint: %w", err)
	}
	return nil
}
