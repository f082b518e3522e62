package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/problem"
	"github.com/patient-care-aggregator/aggregator/internal/release"
	"github.com/patient-care-aggregator/aggregator/internal/telemetry"
	"github.com/patient-care-aggregator/aggregator/internal/wording"
	"github.com/patient-care-aggregator/aggregator/valuesets"
)

// road is the middleware of every request around one handler, and what it logs.
func road(t *testing.T, h func(*gin.Context) error) (http.Handler, *bytes.Buffer) {
	t.Helper()
	log := &bytes.Buffer{}
	s := &server{d: Deps{
		Log: slog.New(slog.NewJSONHandler(log, nil)), Metrics: telemetry.NewMetrics(), Tracer: noop.NewTracerProvider().Tracer("test"),
		Now: time.Now, NewID: uuid.NewString, Problems: Problems{Words: words(t)},
	}}
	gin.SetMode(gin.ReleaseMode)
	e := gin.New()
	e.Use(s.identify, s.observe, s.recoverPanics, s.secureHeaders)
	e.GET("/things/:id", s.handle(h))
	return e, log
}

// words are those that come with the program.
func words(t *testing.T) func() *wording.Set {
	t.Helper()
	set, err := wording.Load(valuesets.FS(), wording.AllDrafts())
	if err != nil {
		t.Fatal(err)
	}
	return func() *wording.Set { return set }
}

const told = "secret-9990000018"

func ask(t *testing.T, h http.Handler, change func(*http.Request)) (*httptest.ResponseRecorder, map[string]any) {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/things/"+told+"?q="+told, http.NoBody)
	r.Header.Set("Cookie", "pca_session="+told)
	r.Header.Set("Accept", "application/json")
	if change != nil {
		change(r)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	var body map[string]any
	if w.Body.Len() > 0 {
		if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
			t.Fatalf("%s: %v", w.Body, err)
		}
	}
	return w, body
}

func TestProblems(t *testing.T) {
	t.Parallel()
	// As internal/release returns what the store says of a commit that took too long.
	unanswered := fmt.Errorf("%w: %w: %w", release.ErrNotLogged, audit.ErrOutcomeUnknown, context.DeadlineExceeded)
	for name, c := range map[string]struct {
		h      func(*gin.Context) error
		status int
		code   problem.Code
	}{
		"a panic with a text":            {func(*gin.Context) error { panic(told) }, 500, problem.Internal},
		"a panic with an error":          {func(*gin.Context) error { panic(errors.New(told)) }, 500, problem.Internal},
		"a panic of the runtime":         {func(c *gin.Context) error { return c.Errors[len(told)] }, 500, problem.Internal},
		"a problem, and what lies below": {func(*gin.Context) error { return problem.New(problem.UpstreamTimeout, errors.New("x")) }, 504, problem.UpstreamTimeout},
		"a problem deep in an error":     {func(*gin.Context) error { return fmt.Errorf("x: %w", problem.New(problem.NotFound, nil)) }, 404, problem.NotFound},
		"what nobody foresaw":            {func(*gin.Context) error { return errors.New("x") }, 500, problem.Internal},
		"a commit that did not answer":   {func(*gin.Context) error { return unanswered }, 503, problem.AuditUnavailable},
		"time that ran out":              {func(*gin.Context) error { return fmt.Errorf("x: %w", context.DeadlineExceeded) }, 503, problem.ServiceUnavailable},
	} {
		h, log := road(t, c.h)
		w, body := ask(t, h, nil)
		if w.Code != c.status || body["code"] != string(c.code) || body["status"] != float64(c.status) || w.Header().Get("Content-Type") != problemType {
			t.Errorf("%s: %d %v", name, w.Code, body)
		}
		for _, member := range []string{"type", "title", "detail", "nextStep", "correlationId"} {
			if text, ok := body[member].(string); !ok || text == "" {
				t.Errorf("%s: no %s", name, member)
			}
		}
		if w.Header().Get("Cache-Control") != "no-store" || body["correlationId"] != w.Header().Get(headerCorrelationID) {
			t.Errorf("%s: headers %v", name, w.Header())
		}
		for where, text := range map[string]string{"answer": w.Body.String() + fmt.Sprint(w.Header()), "log": log.String()} {
			if strings.Contains(text, told) || strings.Contains(text, "9990000018") {
				t.Errorf("%s: the %s repeats what was sent: %s", name, where, text)
			}
		}
		if !strings.Contains(log.String(), `"route":"/things/:id"`) || !strings.Contains(log.String(), fmt.Sprintf(`"status":%d`, c.status)) {
			t.Errorf("%s: logged %s", name, log)
		}
	}
	t.Run("what is not meant for a client reaches the log alone", func(t *testing.T) {
		h, log := road(t, func(*gin.Context) error { return fmt.Errorf("read: %w", errors.New("disk 7 is full")) })
		w, _ := ask(t, h, nil)
		if strings.Contains(w.Body.String(), "disk") || !strings.Contains(log.String(), "disk 7 is full") {
			t.Errorf("answer %s, log %s", w.Body, log)
		}
	})
	t.Run("a client that went away is no error of ours", func(t *testing.T) {
		h, log := road(t, func(c *gin.Context) error { return fmt.Errorf("x: %w", c.Request.Context().Err()) })
		w, _ := ask(t, h, func(r *http.Request) {
			ctx, cancel := context.WithCancel(r.Context())
			cancel()
			*r = *r.WithContext(ctx)
		})
		if w.Body.Len() != 0 || !strings.Contains(log.String(), `"status":499`) || strings.Contains(log.String(), `"level":"ERROR"`) {
			t.Errorf("answer %s, log %s", w.Body, log)
		}
	})
	t.Run("an aborted answer stays aborted", func(t *testing.T) {
		defer func() {
			if p := recover(); p != http.ErrAbortHandler { //nolint:errorlint // what net/http compares with
				t.Errorf("recovered %v", p)
			}
		}()
		h, _ := road(t, func(*gin.Context) error { panic(http.ErrAbortHandler) })
		ask(t, h, nil)
	})
	t.Run("an extension member never takes another's place", func(t *testing.T) {
		h, _ := road(t, func(*gin.Context) error {
			return problem.New(problem.ConsentRequired, nil).With("status", 200).With("consentUrl", "/consent")
		})
		if _, body := ask(t, h, nil); body["status"] != 403.0 || body["consentUrl"] != "/consent" {
			t.Errorf("%v", body)
		}
	})
	t.Run("an answer under way is not written over", func(t *testing.T) {
		h, _ := road(t, func(c *gin.Context) error {
			c.JSON(http.StatusOK, gin.H{"a": 1})
			return errors.New("late")
		})
		if w, body := ask(t, h, nil); w.Code != http.StatusOK || body["a"] != 1.0 || body["code"] != nil {
			t.Errorf("%d %v", w.Code, body)
		}
	})
}

func TestProblemsAreToldInTheCallersLanguage(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		p        *problem.Error
		accept   string
		language string
		detail   string
	}{
		"Welsh is preferred":             {problem.New(problem.SessionExpired, nil), "cy, en;q=0.5", "cy", "Rydych wedi cael eich allgofnodi er mwyn cadw eich gwybodaeth yn ddiogel."},
		"English is preferred":           {problem.New(problem.SessionExpired, nil), "en, cy;q=0.5", "en", "You have been signed out to keep your information safe."},
		"no language is named":           {problem.New(problem.SessionExpired, nil), "", "en", "You have been signed out to keep your information safe."},
		"one of the texts has no Welsh":  {problem.New(problem.MethodNotAllowed, nil), "cy", "en", "This address does not take that kind of request."},
		"more is known, in both":         {problem.New(problem.ServiceUnavailable, nil).WithWords(wording.DetailMaintenance), "cy", "cy", "Rydym yn gweithio ar y wefan hon a byddwn yn ôl cyn bo hir."},
		"it speaks to the maker of apps": {problem.New(problem.SessionExpired, nil).WithDetail("limit must be a number."), "cy", "en", "limit must be a number."},
	} {
		h, _ := road(t, func(*gin.Context) error { return c.p })
		w, body := ask(t, h, func(r *http.Request) { r.Header.Set("Accept-Language", c.accept) })
		if w.Header().Get("Content-Language") != c.language || body["detail"] != c.detail {
			t.Errorf("%s: %q %v", name, w.Header().Get("Content-Language"), body)
		}
		if english := body["nextStep"] == "Sign in again with NHS login."; c.p.Code() == problem.SessionExpired && english != (c.language == "en") {
			t.Errorf("%s: two languages in %v", name, body)
		}
	}
}

func TestCorrelationID(t *testing.T) {
	t.Parallel()
	h, _ := road(t, func(c *gin.Context) error { c.Status(http.StatusNoContent); return nil })
	for given, kept := range map[string]bool{
		"2b3b21fd-fe9f-403c-9682-10b8d8a4eaf3": true, "2B3B21FD-FE9F-403C-9682-10B8D8A4EAF3": true,
		"": false, "x": false, told: false, "{2b3b21fd-fe9f-403c-9682-10b8d8a4eaf3}": false, "urn:uuid:2b3b21fd-fe9f-403c-9682-10b8d8a4eaf3": false, "2b3b21fdfe9f403c968210b8d8a4eaf3": false,
		"2b3b21fd-fe9f-403c-9682-10b8d8a4eaf3\r\nX: y": false,
	} {
		w, _ := ask(t, h, func(r *http.Request) { r.Header.Set(headerCorrelationID, given) })
		got := w.Header().Get(headerCorrelationID)
		if _, err := uuid.Parse(got); err != nil || (got == strings.ToLower(given)) != kept {
			t.Errorf("%q gives %q", given, got)
		}
		if w.Header().Get(headerRequestID) == got {
			t.Error("the request id is the correlation id")
		}
	}
}
