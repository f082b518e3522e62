package httpapi

import (
	"context"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/audit/export"
	"github.com/patient-care-aggregator/aggregator/internal/problem"
	"github.com/patient-care-aggregator/aggregator/internal/telemetry"
)

const (
	// streamTime bounds an export over HTTP; a longer one is for the command.
	streamTime = 10 * time.Minute
	// streamsAtOnce bounds the exports under way.
	streamsAtOnce = 2
)

// auditStream writes what the filter chooses as the log stands now, in constant
// memory. It is exactly what `aggregator audit export` writes, made at a
// checkpoint that was published just before; with ?prove=true each entry carries
// its proof. Where it cannot be completed the connection is broken off, so that a
// part is never taken for the whole.
func (s *server) auditStream(c *gin.Context, f audit.Filter) error {
	prove := false
	if text := c.Query("prove"); text != "" {
		var err error
		if prove, err = strconv.ParseBool(text); err != nil {
			return problem.New(problem.BadRequest, nil).WithDetail("prove must be true or false.")
		}
	}
	select {
	case s.streams <- struct{}{}:
		defer func() { <-s.streams }()
	default:
		c.Header("Retry-After", "30")
		return problem.New(problem.RateLimited, nil).WithDetail("Other exports are under way.")
	}
	if err := s.auditorReads(c, "entries ndjson", ""); err != nil {
		return err
	}
	at, err := s.d.Auditors.Checkpoint(c.Request.Context())
	if err != nil {
		return noCheckpoint(err)
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), streamTime)
	defer cancel()
	c.Header("Cache-Control", "no-store")
	c.Header("Content-Type", ndjsonType)
	c.Header("Content-Disposition", `attachment; filename="audit.ndjson"`)
	c.Status(http.StatusOK)
	w := newPatientWriter(c.Writer)
	defer w.stop()
	err = export.Write(ctx, export.Pinned(s.d.AuditLog, at.Size), w,
		export.Options{Format: export.NDJSON, Filter: f, Prove: prove, MadeAt: s.d.Now().UTC()})
	if err == nil {
		return nil
	}
	s.d.Log.LogAttrs(c.Request.Context(), slog.LevelWarn, "audit export broken off",
		slog.String(telemetry.KeyCorrelationID, correlationID(c)), slog.String(telemetry.KeyError, err.Error()))
	panic(http.ErrAbortHandler)
}
