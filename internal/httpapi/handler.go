package httpapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math"
	"net/http"
	"runtime/debug"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/problem"
	"github.com/patient-care-aggregator/aggregator/internal/release"
	"github.com/patient-care-aggregator/aggregator/internal/telemetry"
	"github.com/patient-care-aggregator/aggregator/internal/wording"
)

const (
	problemType  = "application/problem+json"
	maxBody      = 64 << 10
	keyProblem   = "pca.problem"
	clientClosed = 499 // the client went away; seen in logs and metrics only
)

// handle runs a handler and writes its error as problem+json, or as a page where
// a person asked for one.
func (s *server) handle(h func(*gin.Context) error) gin.HandlerFunc {
	return func(c *gin.Context) {
		if err := h(c); err != nil {
			s.writeProblem(c, err)
			c.Abort()
		}
	}
}

// recoverPanics turns a panic into an internal error. The stack goes to the log, the
// request's headers and body do not. If a part of the answer has left already, the
// connection is broken off.
func (s *server) recoverPanics(c *gin.Context) {
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		err, ok := p.(error)
		if ok && errors.Is(err, http.ErrAbortHandler) {
			panic(p)
		}
		s.d.Metrics.Panicked("request")
		s.d.Log.ErrorContext(c.Request.Context(), "panic", slog.String(telemetry.KeyRoute, c.FullPath()),
			slog.String(telemetry.KeyError, fmt.Sprintf("%T", p)), slog.String(telemetry.KeyStack, string(debug.Stack())))
		if c.Writer.Written() {
			panic(http.ErrAbortHandler) // a part must not be taken for the whole
		}
		s.writeProblem(c, problem.New(problem.Internal, errors.New("panic")))
		c.Abort()
	}()
	c.Next()
}

func (s *server) writeProblem(c *gin.Context, err error) { s.tell(c, problemOf(err)) }

// tell writes a problem, as a page for a person who asked for one.
func (s *server) tell(c *gin.Context, p *problem.Error) {
	c.Set(keyProblem, p)
	if errors.Is(p, release.ErrHoldsNumber) {
		s.d.Metrics.NumberWithheld()
	}
	if errors.Is(p, citizen.ErrContradiction) {
		s.d.Metrics.Contradiction()
	}
	if c.Writer.Written() {
		return
	}
	if hasLeft(c.Request.Context(), p) {
		c.Status(clientClosed) // there is no client to read more
		return
	}
	if p.Code() == problem.AuditUnavailable {
		s.d.Metrics.AuditFailed()
	}
	for _, name := range []string{"Content-Type", "Content-Disposition", "ETag"} { // of the answer that it would have been
		c.Writer.Header().Del(name)
	}
	p = s.withLinks(p)
	s.setCookies(c, nil)
	s.problemHeaders(c, p)
	if wantsPage(c) {
		if text, ok := s.problemPage(c, p); ok {
			pageHeaders(c.Writer.Header())
			c.Data(p.Status(), TypeHTML, text)
			return
		}
	}
	words := s.words(c, p)
	body := p.Members()
	maps.Copy(body, map[string]any{
		"type": "about:blank", "title": words.Title, "status": p.Status(), "detail": words.Detail,
		"code": p.Code(), "nextStep": words.NextStep, "correlationId": correlationID(c),
	})
	text, err := json.Marshal(body)
	if err != nil {
		c.Status(http.StatusInternalServerError)
		return
	}
	c.Header("Content-Language", string(words.Lang()))
	c.Data(p.Status(), problemType, text)
}

// words are those of problem+json, in the caller's language. What is for the maker
// of an app is in English.
func (s *server) words(c *gin.Context, p *problem.Error) wording.Problem {
	lang := requestOf(c).Lang()
	if p.Detail() != "" {
		lang = wording.English
	}
	words := s.d.Problems.Words().Problem(string(p.Code()), p.Words(), wording.ByApp, lang)
	if p.Detail() != "" {
		words.Detail = wording.Text{Lang: wording.English, Text: p.Detail()}
	}
	return words
}

// withLinks adds where the problem can be put right.
func (s *server) withLinks(p *problem.Error) *problem.Error {
	const nhsLoginHelp = "https://help.login.nhs.uk/"
	switch p.Code() {
	case problem.ConsentRequired:
		return p.With("consentUrl", s.d.Settings.PublicURL+"/consent")
	case problem.SignInRequired, problem.SessionExpired, problem.ReauthenticationRequired, problem.SignInExpired, problem.SignInFailed:
		return p.With("signInUrl", s.d.Settings.PublicURL+"/auth/login")
	case problem.StaffSignInRequired, problem.StaffSignInFailed:
		return p.With("signInUrl", s.d.Settings.PublicURL+"/audit/login")
	case problem.IdentityLevelTooLow:
		return p.With("helpUrl", nhsLoginHelp)
	default:
		return p
	}
}

// problemHeaders adds what RFC 9110 asks of the status.
func (s *server) problemHeaders(c *gin.Context, p *problem.Error) {
	c.Header("Cache-Control", "no-store")
	if d := p.RetryAfter(); d > 0 {
		c.Header("Retry-After", strconv.FormatInt(int64(math.Ceil(d.Seconds())), 10))
	}
	switch p.Code() {
	case problem.ReauthenticationRequired: // RFC 9470, 3
		c.Header("WWW-Authenticate", `Bearer error="insufficient_user_authentication", error_description="sign in again with NHS login"`)
	case problem.SignInRequired, problem.SessionExpired, problem.StaffSignInRequired: // RFC 9110, 15.5.2, asks for a challenge
		c.Header("WWW-Authenticate", "Bearer")
	case problem.StatusKeyRequired:
		c.Header("WWW-Authenticate", `ApiKey realm="status"`)
	case problem.RateLimited:
	default:
		if p.Status() > http.StatusInternalServerError && p.RetryAfter() == 0 { // 502, 503, 504
			c.Header("Retry-After", "30")
		}
	}
}

func (s *server) notFound(c *gin.Context) error {
	if err := s.count(c, s.limits.address, s.limits.global); err != nil {
		return err
	}
	return problem.New(problem.NotFound, nil)
}

// methodNotAllowed answers OPTIONS too (RFC 9110, 9.3.7). The router has set Allow.
func (s *server) methodNotAllowed(c *gin.Context) error {
	if err := s.count(c, s.limits.address, s.limits.global); err != nil {
		return err
	}
	if c.Request.Method == http.MethodOptions {
		c.Header("Cache-Control", "no-store")
		c.Status(http.StatusNoContent)
		c.Writer.WriteHeaderNow()
		return nil
	}
	return problem.New(problem.MethodNotAllowed, nil)
}

// maintained refuses while the service is closed for maintenance.
func (s *server) maintained() error {
	if !s.d.Settings.Maintenance() {
		return nil
	}
	return problem.New(problem.ServiceUnavailable, errors.New("maintenance")).
		WithWords(wording.DetailMaintenance)
}

// redirect sends a browser on, without the body that net/http would write: it
// repeats the address, and with it what only that browser should see.
func redirect(c *gin.Context, status int, address string) {
	c.Header("Location", address)
	c.Status(status)
}
