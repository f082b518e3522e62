package auditor

import (
	"context"
	"io"
	"strconv"
	"strings"
	"sync"
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
	// exportsAtOnce bounds the exports in progress, exportsEach those of one auditor, who
	// so never keeps the others out.
	exportsAtOnce, exportsEach = 4, 2
	// retryStream is when to try again while others are in progress.
	retryStream = 30 * time.Second
)

// stream writes what the filter chooses as the log is now, in constant
// memory. It is exactly what `aggregator audit export` writes in that format, as the log is when it
// begins; with ?prove=true each entry carries
// its proof. Where it cannot be completed the connection is broken off, so that a
// part is never taken for the whole.
func (l *Log) stream(ctx context.Context, r *httpapi.Request, f audit.Filter, format export.Format) (httpapi.Answer, error) {
	prove := false
	if text := r.Query("prove"); text != "" {
		var err error
		if prove, err = strconv.ParseBool(text); err != nil {
			return nil, problem.New(problem.BadRequest, nil).WithDetail("prove must be true or false.")
		}
	}
	done, ok := l.exports.begin(r.Member().Member.Pseudonym)
	if !ok {
		return nil, problem.New(problem.RateLimited, nil).WithWords(wording.DetailExportsBusy).WithRetryAfter(retryStream)
	}
	began := false
	defer func() {
		if !began {
			done()
		}
	}()
	written, err := l.reads(ctx, r, strings.TrimSpace("entries "+string(format)+" "+f.String()), lookedUp{list: listOf(f)})
	if err != nil {
		return nil, err
	}
	at, err := l.d.Checkpoint(ctx)
	if err != nil {
		return nil, noCheckpoint(err)
	}
	began = true
	kind, name := file(format)
	return httpapi.Stream(written, kind, func(ctx context.Context, w io.Writer) error {
		defer done()
		ctx, cancel := context.WithTimeout(ctx, streamTime)
		defer cancel()
		return export.Write(ctx, export.Pinned(l.d.Log, at.Size), w,
			export.Options{Format: format, Filter: f, Prove: prove, MadeAt: l.d.Now().UTC()})
	}).With("Content-Disposition", `attachment; filename="`+name+`"`), nil
}

// file is the media type and the name of an export's file.
func file(f export.Format) (mediaType, name string) {
	switch f {
	case export.CSV:
		return "text/csv; charset=utf-8; header=present", "audit.csv"
	case export.FHIR:
		return "application/fhir+ndjson", "audit-fhir.ndjson"
	case export.NDJSON:
	}
	return ndjsonType, "audit.ndjson"
}

// exports are those in progress, by who reads them. It is safe for concurrent use.
type exports struct {
	mu  sync.Mutex
	all int
	of  map[string]int
}

// begin takes a place, until done; ok is false when all are taken.
func (e *exports) begin(who string) (done func(), ok bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.all >= exportsAtOnce || e.of[who] >= exportsEach {
		return nil, false
	}
	e.all++
	e.of[who]++
	return sync.OnceFunc(func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.all--
		if e.of[who]--; e.of[who] == 0 {
			delete(e.of, who)
		}
	}), true
}
