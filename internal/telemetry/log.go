package telemetry

import (
	"context"
	"io"
	"log/slog"
	"regexp"
)

// Keys of log attributes. A log line uses these and no others, so that what is
// logged can be reviewed in one place.
const (
	KeyCorrelationID = "correlationId"
	KeyRequestID     = "requestId"
	KeyRoute         = "route"
	KeyMethod        = "method"
	KeyStatus        = "status"
	KeyCode          = "code"
	KeyDuration      = "durationMs"
	KeyError         = "error"
	KeyClient        = "client"
	KeyComponent     = "component"
	KeyAddress       = "address"
	KeyVersion       = "version"
	KeyCount         = "count"
	KeyReason        = "reason"
)

// NewLogger writes JSON lines. As a second defence after never logging them,
// anything that looks like an NHS number, a booking reference or a JWT is
// replaced in every text.
func NewLogger(w io.Writer, level slog.Level) *slog.Logger {
	json := slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level})
	return slog.New(&redacting{
		Handler: json,
		// Ten to twelve digits in a row or grouped, and the dotted parts of a JWT.
		secret: regexp.MustCompile(`\b\d{3}[ -]?\d{3}[ -]?\d{4}\b|\b\d{4}[ -]?\d{4}[ -]?\d{4}\b|\beyJ[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)*`),
	})
}

type redacting struct {
	slog.Handler

	secret *regexp.Regexp
}

// Handle implements slog.Handler.
func (h *redacting) Handle(ctx context.Context, r slog.Record) error {
	clean := slog.NewRecord(r.Time, r.Level, h.text(r.Message), r.PC)
	r.Attrs(func(a slog.Attr) bool {
		clean.AddAttrs(h.attr(a))
		return true
	})
	return h.Handler.Handle(ctx, clean)
}

// WithAttrs implements slog.Handler.
func (h *redacting) WithAttrs(attrs []slog.Attr) slog.Handler {
	clean := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		clean[i] = h.attr(a)
	}
	return &redacting{h.Handler.WithAttrs(clean), h.secret}
}

// WithGroup implements slog.Handler.
func (h *redacting) WithGroup(name string) slog.Handler {
	return &redacting{h.Handler.WithGroup(name), h.secret}
}

func (h *redacting) attr(a slog.Attr) slog.Attr {
	v := a.Value.Resolve()
	switch v.Kind() {
	case slog.KindString:
		return slog.String(a.Key, h.text(v.String()))
	case slog.KindAny:
		if err, ok := v.Any().(error); ok {
			return slog.String(a.Key, h.text(err.Error()))
		}
	case slog.KindGroup:
		group := v.Group()
		clean := make([]slog.Attr, len(group))
		for i, g := range group {
			clean[i] = h.attr(g)
		}
		return slog.Attr{Key: a.Key, Value: slog.GroupValue(clean...)}
	case slog.KindBool, slog.KindDuration, slog.KindFloat64, slog.KindInt64, slog.KindTime, slog.KindUint64, slog.KindLogValuer:
	}
	return slog.Attr{Key: a.Key, Value: v}
}

func (h *redacting) text(s string) string { return h.secret.ReplaceAllString(s, "[REDACTED]") }
