package auditor

import (
	"context"
	"io"
	"strconv"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/audit/export"
	"github.com/patient-care-aggregator/aggregator/internal/httpapi"
	"github.com/patient-care-aggregator/aggregator/internal/problem"
	"github.com/patient-care-aggregator/aggregator/internal/wording"
)

const (
	// streamTime bounds an export over HTTP; a longer one is for the command.
	streamTime = 10 * time.Minute
	// streamsAtOnce bounds the exports in progress.
	streamsAtOnce = 2
	// retryStream is when to try again while others are in progress.
	retryStream = 30 * time.Second
)

// stream writes what the filter chooses as the log is now, in constant
// memory. It is exactly what `aggregator audit export` writes, made at a
// checkpoint that was published just before; with ?prove=true each entry carries
// its proof. Where it cannot be completed the connection is broken off, so that a
// part is never taken for the whole.
func (l *Log) stream(ctx context.Context, r *httpapi.Request, f audit.Filter) (httpapi.Answer, error) {
	prove := false
	if text := r.Query("prove"); text != "" {
		var err error
		if prove, err = strconv.ParseBool(text); err != nil {
			return nil, problem.New(problem.BadRequest, nil).WithDetail("prove must be true or false.")
		}
	}
	if !l.streams.TryAcquire(1) {
		return nil, problem.New(problem.RateLimited, nil).WithWords(wording.DetailExportsBusy).WithRetryAfter(retryStream)
	}
	began := false
	defer func() {
		if !began {
			l.streams.Release(1)
		}
	}()
	written, err := l.reads(ctx, r, "entries ndjson", "")
	if err != nil {
		return nil, err
	}
	at, err := l.d.Checkpoint(ctx)
	if err != nil {
		return nil, noCheckpoint(err)
	}
	began = true
	return httpapi.Stream(written, ndjsonType, func(ctx context.Context, w io.Writer) error {
		defer l.streams.Release(1)
		ctx, cancel := context.WithTimeout(ctx, streamTime)
		defer cancel()
		return export.Write(ctx, export.Pinned(l.d.Log, at.Size), w,
			export.Options{Format: export.NDJSON, Filter: f, Prove: prove, MadeAt: l.d.Now().UTC()})
	}).With("Content-Disposition", `attachment; filename="audit.ndjson"`), nil
}
