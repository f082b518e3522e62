package httpapi

import (
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/patient-care-aggregator/aggregator/internal/telemetry"
)

var (
	errNoAnswer    = errors.New("the handler gave neither an answer nor an error")
	errNotReleased = errors.New("the answer holds data that was not released")
	errNotLogged   = errors.New("the answer has no proof that it may leave")
)

// write is where answers leave. It writes one whole answer, or one problem.
func (s *server) write(c *gin.Context, answer Answer) {
	if answer == nil {
		s.writeProblem(c, errNoAnswer)
		return
	}
	a, err := answer.content()
	if err != nil {
		s.writeProblem(c, err)
		return
	}
	h := c.Writer.Header()
	for name, values := range a.header {
		if name == "Vary" { // what others said stays: Accept-Encoding
			values = append(h.Values(name), values...)
		}
		h[name] = values
	}
	if _, signedIn := callerOf(c); signedIn && h.Get("Content-Type") == TypeHTML {
		// Browsers bring a page back from memory after sign-out, whatever Cache-Control
		// says, unless the page itself set a cookie that scripts cannot read.
		requestOf(c).Leave(KnownBrowser())
	}
	s.setCookies(c, a.cookies)
	switch {
	case a.stream != nil:
		c.Status(a.status)
		s.writeStream(c, a)
	case len(a.body) == 0:
		c.Status(a.status)
	default:
		c.Data(a.status, h.Get("Content-Type"), a.body)
	}
}

// setCookies sets an answer's own cookies and those that the handler left.
func (s *server) setCookies(c *gin.Context, own []Cookie) {
	for _, k := range append(own, requestOf(c).left...) {
		http.SetCookie(c.Writer, s.cookies.cookie(k))
	}
}

func (s *server) writeStream(c *gin.Context, a *content) {
	w := newPatientWriter(c.Writer)
	defer w.stop()
	err := a.stream(c.Request.Context(), w)
	if err == nil {
		return
	}
	if !c.Writer.Written() {
		s.writeProblem(c, err)
		return
	}
	s.d.Log.LogAttrs(c.Request.Context(), slog.LevelWarn, "answer broken off", slog.String(telemetry.KeyRoute, c.FullPath()),
		slog.String(telemetry.KeyCorrelationID, correlationID(c)), slog.String(telemetry.KeyError, err.Error()))
	panic(http.ErrAbortHandler)
}

// stalledTime is how long a reader may take nothing before the answer is abandoned.
const stalledTime = 15 * time.Second

// patientWriter allows a slow reader time as long as they take something, instead
// of the server's limits, which are for a whole request and its answer.
type patientWriter struct {
	w     http.ResponseWriter
	watch *time.Timer
}

func newPatientWriter(w http.ResponseWriter) *patientWriter {
	control := http.NewResponseController(w)
	// What has no connection, such as a recorder in a test, has no deadlines to lift.
	_ = control.SetReadDeadline(time.Time{})
	_ = control.SetWriteDeadline(time.Time{})
	past := time.Unix(1, 0) // ends a write that hangs
	return &patientWriter{w: w, watch: time.AfterFunc(stalledTime, func() { _ = control.SetWriteDeadline(past) })}
}

// Write implements io.Writer.
func (p *patientWriter) Write(b []byte) (int, error) {
	p.watch.Reset(stalledTime)
	return p.w.Write(b)
}

func (p *patientWriter) stop() { p.watch.Stop() }

// dataHeaders keep a citizen's data out of every cache but their own app's.
func dataHeaders(h http.Header) {
	h.Set("Cache-Control", "private, no-store")
	h.Set("Vary", "Authorization, Cookie, Accept-Language")
}

// pageHeaders are for every HTML answer. The referrer stays within this service;
// without any, browsers hide a form's origin too, which [server.crossOrigin] asks for.
func pageHeaders(h http.Header) {
	h.Set("Content-Security-Policy", pagePolicy)
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Content-Language", "en")
}
