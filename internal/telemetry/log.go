package telemetry

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math"
	"regexp"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/trace"
)

// Keys of log attributes. A log line uses these and no others, so that what is
// logged can be reviewed in one place.
const (
	KeyCorrelationID = "correlationId"
	KeyTraceID       = "traceId"
	KeyRequestID     = "requestId"
	KeyRoute         = "route"
	KeyMethod        = "method"
	KeyStatus        = "status"
	KeyBrokenOff     = "brokenOff"
	KeyCode          = "code"
	KeyDuration      = "durationMs"
	KeyError         = "error"
	KeyClient        = "client"
	KeyComponent     = "component"
	KeyAddress       = "address"
	KeyVersion       = "version"
	KeyCount         = "count"
	KeyEntry         = "entry" // sequence number in the audit log
	KeyKind          = "kind"
	KeyReason        = "reason"
	KeyStack         = "stack"
	KeyEnvironment   = "environment"
	KeyDatabase      = "database"
	KeyCheckpoints   = "checkpointSink" // whether there is one
	KeySigners       = "signers"        // public keys of those that sign checkpoints
	KeySince         = "since"
	KeyUntil         = "until"
	KeyStaff         = "staffSignIn" // whether auditors can sign in
	KeyLanguages     = "languages"
	KeyValueSets     = "valueSets"
)

// NewLogger writes JSON lines. As a second defence after never logging them,
// anything that looks like an NHS number, a booking reference or a JWT is
// replaced in every text and number. A UUID is kept: support finds a request by it.
func NewLogger(w io.Writer, level slog.Level) *slog.Logger {
	lines := slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level})
	return slog.New(&redacting{Handler: lines, suspect: regexp.MustCompile(uuidPattern + "|" + digitsPattern + "|" + jwtPattern)})
}

const (
	// uuidPattern comes first, so that its digits are not taken for a number.
	uuidPattern = `[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}`
	// digitsPattern is ten digits or more, in a row or grouped. It requires no word
	// boundary: in an encoded query the number follows "%7C".
	digitsPattern = `[0-9](?:(?:[ +\x{00a0}-]|%20)?[0-9]){9,}`
	jwtPattern    = `eyJ[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*)*`

	redacted = "[REDACTED]"
)

type redacting struct {
	slog.Handler

	suspect *regexp.Regexp
}

type correlationKey struct{}

// WithCorrelation has every log line of a context name the request that it belongs to.
// The id is a UUID.
func WithCorrelation(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, correlationKey{}, id)
}

// Handle implements slog.Handler. A line that is written within a request names its
// correlation id and trace, so that all of them can be found by one.
func (h *redacting) Handle(ctx context.Context, r slog.Record) error {
	clean := slog.NewRecord(r.Time, r.Level, h.text(r.Message), r.PC)
	named := false
	r.Attrs(func(a slog.Attr) bool {
		named = named || a.Key == KeyCorrelationID
		clean.AddAttrs(h.attr(a))
		return true
	})
	if id, ok := ctx.Value(correlationKey{}).(string); ok && !named {
		clean.AddAttrs(h.attr(slog.String(KeyCorrelationID, id)))
	}
	if span := trace.SpanContextFromContext(ctx); span.IsValid() {
		clean.AddAttrs(slog.String(KeyTraceID, span.TraceID().String())) // hexadecimal: no number to hide
	}
	return h.Handler.Handle(ctx, clean)
}

// WithAttrs implements slog.Handler.
func (h *redacting) WithAttrs(attrs []slog.Attr) slog.Handler {
	clean := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		clean[i] = h.attr(a)
	}
	return &redacting{h.Handler.WithAttrs(clean), h.suspect}
}

// WithGroup implements slog.Handler.
func (h *redacting) WithGroup(name string) slog.Handler {
	return &redacting{h.Handler.WithGroup(name), h.suspect}
}

func (h *redacting) attr(a slog.Attr) slog.Attr {
	if a.Key == KeyVersion || a.Key == KeyValueSets {
		return a // made by this program: a digest can have ten digits in a row
	}
	v := a.Value.Resolve()
	switch v.Kind() {
	case slog.KindString:
		v = slog.StringValue(h.text(v.String()))
	case slog.KindInt64, slog.KindUint64:
		v = h.number(v, v.String())
	case slog.KindFloat64:
		v = h.number(v, strconv.FormatFloat(math.Trunc(v.Float64()), 'f', -1, 64))
	case slog.KindAny:
		v = h.anyValue(v)
	case slog.KindGroup:
		group := v.Group()
		clean := make([]slog.Attr, len(group))
		for i, g := range group {
			clean[i] = h.attr(g)
		}
		v = slog.GroupValue(clean...)
	case slog.KindBool, slog.KindDuration, slog.KindTime, slog.KindLogValuer:
	}
	return slog.Attr{Key: a.Key, Value: v}
}

func (h *redacting) number(v slog.Value, whole string) slog.Value {
	if h.text(whole) != whole {
		return slog.StringValue(redacted)
	}
	return v
}

// anyValue checks a value in its written form. A clean value is returned unchanged.
func (h *redacting) anyValue(v slog.Value) slog.Value {
	if err, ok := v.Any().(error); ok {
		return slog.StringValue(h.text(err.Error()))
	}
	written, err := json.Marshal(v.Any())
	if err != nil {
		return slog.StringValue(h.text(fmt.Sprint(v.Any())))
	}
	if plain := string(written); h.text(plain) != plain {
		return slog.StringValue(h.text(plain))
	}
	return v
}

func (h *redacting) text(s string) string {
	return h.suspect.ReplaceAllStringFunc(s, func(found string) string {
		if isUUID(found) {
			return found
		}
		return redacted
	})
}

// isUUID reports whether a match is a UUID, which is kept. Digits with these dashes
// are a UUID too; a JWT has no dashes at these places.
func isUUID(found string) bool {
	const length = 36
	return len(found) == length && found[8] == '-' && found[13] == '-' && found[18] == '-' && found[23] == '-' && !strings.HasPrefix(found, "eyJ")
}
