package httpapi

import (
	"log/slog"
	"net/http"

	"github.com/gin-gonic/gin"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/google/uuid"

	"github.com/patient-care-aggregator/aggregator/internal/problem"
	"github.com/patient-care-aggregator/aggregator/internal/telemetry"
	"github.com/patient-care-aggregator/aggregator/internal/wording"
)

const (
	headerCorrelationID = "X-Correlation-ID"
	headerRequestID     = "X-Request-ID"
)

// identify takes the caller's correlation id if it is a UUID, makes one if not,
// and returns it with a request id of this service's own (NFR-09).
func (s *server) identify(c *gin.Context) {
	id := c.GetHeader(headerCorrelationID)
	if parsed, err := uuid.Parse(id); err != nil || len(id) != len(uuid.Nil.String()) {
		id = s.d.NewID()
	} else {
		id = parsed.String()
	}
	c.Set(keyRequest, &Request{
		http: c.Request, param: c.Param, cookies: s.cookies, correlationID: id,
		choose: s.d.Problems.Words().Choose,
		page:   s.mayBePage(c.FullPath()) && prefersHTML(c.GetHeader("Accept")),
	})
	if c.GetHeader(headerForwardedFor) != "" && s.trusted.unnamed(c.Request.RemoteAddr) {
		s.untrusted.Do(func() {
			s.d.Log.WarnContext(c.Request.Context(), headerForwardedFor+" comes from a near address that PCA_TRUSTED_PROXIES does not name: if that is a proxy of yours, all who come through it share the limits of one address")
		})
	}
	c.Header(headerCorrelationID, id)
	c.Header(headerRequestID, s.d.NewID())
}

func correlationID(c *gin.Context) string { return requestOf(c).correlationID }

// observe writes one log event, one metric and one span for each request, all by
// the route's template: a URL can hold what must not be read. It does so for an
// answer that was broken off, too.
func (s *server) observe(c *gin.Context) {
	started := s.d.Now()
	route := c.FullPath()
	if route == "" {
		route = "unknown"
	}
	// A trace that began with the caller goes on here (W3C Trace Context).
	ctx := propagation.TraceContext{}.Extract(c.Request.Context(), propagation.HeaderCarrier(c.Request.Header))
	ctx, span := s.d.Tracer.Start(telemetry.WithCorrelation(ctx, correlationID(c)), knownMethod(c.Request.Method)+" "+route, trace.WithSpanKind(trace.SpanKindServer))
	defer span.End()
	c.Request = c.Request.WithContext(ctx)
	brokenOff := true // a panic that is not recovered ends the answer
	defer func() {
		took := s.d.Now().Sub(started)
		status, method := c.Writer.Status(), knownMethod(c.Request.Method)
		span.SetAttributes(attribute.String("http.route", route), attribute.String("pca.correlation_id", correlationID(c)), attribute.Int("http.response.status_code", status))
		if status >= http.StatusInternalServerError || brokenOff {
			span.SetStatus(codes.Error, "")
		}
		s.d.Metrics.Request(route, method, status, took)
		level, attrs := eventOf(c, route)
		attrs = append(attrs, slog.String(telemetry.KeyMethod, method), slog.Float64(telemetry.KeyDuration, float64(took.Microseconds())/1000))
		if brokenOff {
			attrs = append(attrs, slog.Bool(telemetry.KeyBrokenOff, true))
		}
		s.d.Log.LogAttrs(ctx, level, "request", attrs...)
	}()
	c.Next()
	brokenOff = false
}

// eventOf is what the log says of a request, without its time.
func eventOf(c *gin.Context, route string) (slog.Level, []slog.Attr) {
	status := c.Writer.Status()
	attrs := []slog.Attr{
		slog.String(telemetry.KeyRoute, route), slog.Int(telemetry.KeyStatus, status),
		slog.String(telemetry.KeyCorrelationID, correlationID(c)),
		slog.String(telemetry.KeyRequestID, c.Writer.Header().Get(headerRequestID)),
	}
	if caller, ok := callerOf(c); ok {
		attrs = append(attrs, slog.String(telemetry.KeyClient, string(caller.Client)))
	}
	level := slog.LevelInfo
	if probe(route) || route == "unknown" || status == http.StatusTooManyRequests { // strangers must not fill the log
		level = slog.LevelDebug
	}
	if p, ok := c.Value(keyProblem).(*problem.Error); ok {
		attrs = append(attrs, slog.String(telemetry.KeyCode, string(p.Code())))
		if cause := p.Unwrap(); cause != nil {
			attrs = append(attrs, slog.String(telemetry.KeyError, cause.Error()))
		}
		if status >= http.StatusInternalServerError && p.Words() != wording.DetailMaintenance { // planned is no error
			level = slog.LevelError
		}
	}
	return level, attrs
}

// probe reports whether machines ask a route every few seconds.
func probe(route string) bool {
	return route == "/healthz" || route == "/readyz" || route == "/_ping"
}

// knownMethod is the method as a metric's label: clients can send any text.
func knownMethod(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return m
	}
	return "other"
}

// secureHeaders are for every answer; pages set a policy of their own.
func (s *server) secureHeaders(c *gin.Context) {
	h := c.Writer.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	if s.cookies.secure {
		h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
	}
}
