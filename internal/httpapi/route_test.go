package httpapi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
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
	"github.com/patient-care-aggregator/aggregator/web"
)

// mounted is a server of these routes only, and what it logs.
func mounted(t *testing.T, routes ...Route) (*server, http.Handler, *bytes.Buffer) {
	t.Helper()
	log := &bytes.Buffer{}
	protection, err := newProtection("http://127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{
		d: Deps{
			Log: slog.New(slog.NewJSONHandler(log, nil)), Metrics: telemetry.NewMetrics(), Tracer: noop.NewTracerProvider().Tracer("test"),
			Now: time.Now, NewID: uuid.NewString, Settings: Settings{Maintenance: func() bool { return false }},
			Problems: Problems{Words: words(t)},
		},
		cookies: newCookies("http://127.0.0.1"), protection: protection, browsable: map[string]bool{},
	}
	gin.SetMode(gin.ReleaseMode)
	e := gin.New()
	e.HandleMethodNotAllowed = true
	e.Use(s.identify, s.observe, s.recoverPanics, s.secureHeaders)
	e.NoMethod(s.handle(s.methodNotAllowed))
	if err := s.mount(e, [][]Route{routes}); err != nil {
		t.Fatal(err)
	}
	return s, e, log
}

func anybodys(h Handler) Route {
	return Route{Method: http.MethodGet, Path: "/things/:id", Audience: Anybody, Lenient: true, Handler: h}
}

func TestAHandlerThatGivesNoProofIsNotAnswered(t *testing.T) {
	t.Parallel()
	for name, h := range map[string]Handler{
		"neither an answer nor an error": func(context.Context, *Request) (Answer, error) { return nil, nil },
		"a nil answer of the right type": func(context.Context, *Request) (Answer, error) { return (*content)(nil), nil },
		"data that was not released":     func(context.Context, *Request) (Answer, error) { return Data(release.Released{}), nil },
		"no log entry": func(context.Context, *Request) (Answer, error) {
			return LoggedJSON(audit.Written{}, http.StatusOK, told), nil
		},
		"a stream without a log entry": func(context.Context, *Request) (Answer, error) {
			return Stream(audit.Written{}, "text/plain", func(_ context.Context, w io.Writer) error {
				_, err := io.WriteString(w, told)
				return err
			}), nil
		},
		"what has no JSON": func(context.Context, *Request) (Answer, error) { return PublicJSON(http.StatusOK, func() {}), nil },
		"a panic":          func(context.Context, *Request) (Answer, error) { panic(told) },
		"a caller where nobody is asked for": func(_ context.Context, r *Request) (Answer, error) {
			return OwnJSON(http.StatusOK, r.Caller().Client), nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, server, log := mounted(t, anybodys(h))
			w, body := ask(t, server, nil)
			if w.Code != http.StatusInternalServerError || body["code"] != string(problem.Internal) || body["correlationId"] == "" {
				t.Errorf("%d %v", w.Code, body)
			}
			if strings.Contains(w.Body.String()+log.String(), told) {
				t.Errorf("tells what must not leave: %s %s", w.Body, log)
			}
		})
	}
}

func TestAnswersAreWrittenAsTheyAreMade(t *testing.T) {
	t.Parallel()
	written := audit.Written{Count: 1}
	for name, c := range map[string]struct {
		answer  Answer
		status  int
		body    string
		headers map[string]string
	}{
		"public":  {Public(200, "text/plain", []byte("x")), 200, "x", map[string]string{"Content-Type": "text/plain", "Cache-Control": ""}},
		"own":     {OwnJSON(201, 1), 201, "1", map[string]string{"Content-Type": TypeJSON, "Cache-Control": "private, no-store", "Vary": "Authorization, Cookie, Accept-Language"}},
		"logged":  {LoggedJSON(written, 200, 1), 200, "1", map[string]string{"Cache-Control": "no-store"}},
		"nothing": {Nothing(), 204, "", map[string]string{"Content-Type": ""}},
		"a page":  {Public(200, TypeHTML, []byte("x")), 200, "x", map[string]string{"Content-Security-Policy": pagePolicy, "Referrer-Policy": "same-origin"}},
		"a redirect with a cookie": {
			Redirect(303, "/timeline").WithCookie(Cookie{Name: "pca_x", Value: "1"}), 303, "",
			map[string]string{"Location": "/timeline", "Set-Cookie": "pca_x=1; Path=/; HttpOnly; SameSite=Lax"},
		},
		"a stream": {Stream(written, "text/plain", func(_ context.Context, w io.Writer) error {
			_, err := io.WriteString(w, "x")
			return err
		}), 200, "x", map[string]string{"Content-Type": "text/plain"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, server, _ := mounted(t, anybodys(func(context.Context, *Request) (Answer, error) { return c.answer, nil }))
			w := httptest.NewRecorder()
			server.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/things/1", http.NoBody))
			if w.Code != c.status || w.Body.String() != c.body {
				t.Errorf("%d %q", w.Code, w.Body)
			}
			for header, want := range c.headers {
				if got := w.Header().Get(header); got != want {
					t.Errorf("%s is %q, want %q", header, got, want)
				}
			}
		})
	}
}

func TestAnAnswerIsNotChangedByWhatIsMadeOfIt(t *testing.T) {
	t.Parallel()
	first := Public(200, "text/plain", nil)
	first.With("X", "1").WithCookie(Cookie{Name: "a"})
	made, err := first.content()
	if err != nil || made.header.Get("X") != "" || len(made.cookies) != 0 {
		t.Errorf("%+v, %v", made, err)
	}
}

func TestAHeaderDoesNotMakeAnAnswerOfWhatMustNotLeave(t *testing.T) {
	t.Parallel()
	if _, err := Data(release.Released{}).With("X", "1").WithCookie(Cookie{Name: "a"}).content(); !errors.Is(err, errNotReleased) {
		t.Error(err)
	}
}

func TestARouteSaysWhoItIsFor(t *testing.T) {
	t.Parallel()
	s := &server{browsable: map[string]bool{}}
	h := func(context.Context, *Request) (Answer, error) { return Nothing(), nil }
	err := s.mount(gin.New(), [][]Route{{
		{Method: http.MethodGet, Path: "/a", Handler: h},
		{Method: http.MethodGet, Path: "/b", Audience: Machines},
		{Method: http.MethodGet, Path: "/c", Audience: Members + 1, Handler: h},
	}})
	for _, path := range []string{"/a", "/b", "/c"} {
		if err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s is mounted: %v", path, err)
		}
	}
}

func TestOnlyARouteThatSaysSoAnswersWithPages(t *testing.T) {
	t.Parallel()
	refuse := func(context.Context, *Request) (Answer, error) { return nil, problem.New(problem.NotFound, nil) }
	for page, want := range map[bool]string{true: "text/html", false: problemType} {
		route := anybodys(refuse)
		route.Page = page
		s, server, _ := mounted(t, route)
		var err error
		if s.d.Problems.Pages, err = web.New(web.Site{Operator: "Test Trust", Contact: "help@example.org"}); err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest(http.MethodGet, "/things/1", http.NoBody)
		r.Header.Set("Accept", "text/html")
		w := httptest.NewRecorder()
		server.ServeHTTP(w, r)
		if got := w.Header().Get("Content-Type"); w.Code != http.StatusNotFound || !strings.HasPrefix(got, want) {
			t.Errorf("page %v: %d %s", page, w.Code, got)
		}
	}
}

func TestOtherMethodsAreRefusedWithAllow(t *testing.T) {
	t.Parallel()
	_, server, _ := mounted(t, anybodys(func(context.Context, *Request) (Answer, error) { return Nothing(), nil }))
	for _, method := range []string{http.MethodPut, http.MethodPost} {
		w := httptest.NewRecorder()
		server.ServeHTTP(w, httptest.NewRequest(method, "/things/1", http.NoBody))
		if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, HEAD" {
			t.Errorf("%s: %d, Allow %q", method, w.Code, w.Header().Get("Allow"))
		}
	}
}

// A stranger could otherwise ring the alarm: each connection that is closed at the
// wrong moment would count as a log that failed.
func TestAClientThatLeavesDuringAnAppendRaisesNoAlarm(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		leave  bool
		err    error
		status int
		alarms string
	}{
		"the client left":                     {true, context.Canceled, clientClosed, "pca_audit_failures_total 0"},
		"the log failed":                      {false, errors.New("disk 7 is full"), 503, "pca_audit_failures_total 1"},
		"the log failed, and the client left": {true, errors.New("disk 7 is full"), 503, "pca_audit_failures_total 1"},
		"the log was too slow":                {false, context.DeadlineExceeded, 503, "pca_audit_failures_total 1"},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, leave := context.WithCancel(t.Context())
			defer leave()
			s, server, log := mounted(t, anybodys(func(context.Context, *Request) (Answer, error) {
				if c.leave {
					leave()
				}
				return nil, NotLogged(fmt.Errorf("append to the audit log: %w", c.err))
			}))
			w := httptest.NewRecorder()
			server.ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodGet, "/things/1", http.NoBody))
			if w.Code != c.status {
				t.Errorf("status %d", w.Code)
			}
			if isError := strings.Contains(log.String(), `"level":"ERROR"`); isError != (c.status == 503) {
				t.Errorf("logged %s", log)
			}
			m := httptest.NewRecorder()
			s.d.Metrics.Handler().ServeHTTP(m, httptest.NewRequest(http.MethodGet, "/metrics", http.NoBody))
			if !strings.Contains(m.Body.String(), "\n"+c.alarms+"\n") {
				t.Errorf("the alarm counter is not %s", c.alarms)
			}
		})
	}
}

func TestAnAnswerThatIsBrokenOffIsInTheLog(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		write func(context.Context, io.Writer) error
		want  string
	}{
		"an error behind the first part": {func(_ context.Context, w io.Writer) error {
			_, _ = io.WriteString(w, "part")
			return errors.New("disk 7 is full")
		}, "disk 7 is full"},
		"a panic behind the first part": {func(_ context.Context, w io.Writer) error {
			_, _ = io.WriteString(w, "part")
			panic(told)
		}, `"msg":"panic"`},
	} {
		t.Run(name, func(t *testing.T) {
			_, server, log := mounted(t, anybodys(func(context.Context, *Request) (Answer, error) {
				return Stream(audit.Written{Count: 1}, "text/plain", c.write), nil
			}))
			func() {
				defer func() {
					if p := recover(); p != http.ErrAbortHandler { //nolint:errorlint // what net/http compares with
						t.Errorf("the connection is not broken off: %v", p)
					}
				}()
				server.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/things/1", http.NoBody))
			}()
			for _, want := range []string{c.want, `"msg":"request"`, `"brokenOff":true`, `"route":"/things/:id"`} {
				if !strings.Contains(log.String(), want) {
					t.Errorf("the log has no %s: %s", want, log)
				}
			}
			if strings.Contains(log.String(), told) {
				t.Errorf("the log repeats the panic: %s", log)
			}
		})
	}
}

func TestAStreamThatNeverBeginsIsAProblemAndNoFile(t *testing.T) {
	t.Parallel()
	for name, write := range map[string]func(context.Context, io.Writer) error{
		"an error": func(context.Context, io.Writer) error { return errors.New("disk 7 is full") },
		"a panic":  func(context.Context, io.Writer) error { panic(told) },
	} {
		t.Run(name, func(t *testing.T) {
			_, server, log := mounted(t, anybodys(func(context.Context, *Request) (Answer, error) {
				return Stream(audit.Written{Count: 1}, "text/plain", write).With("Content-Disposition", "attachment"), nil
			}))
			w := httptest.NewRecorder()
			server.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/things/1", http.NoBody))
			if w.Code != http.StatusInternalServerError || w.Header().Get("Content-Type") != problemType || w.Header().Get("Content-Disposition") != "" {
				t.Errorf("status %d, headers %v", w.Code, w.Header())
			}
			if strings.Contains(log.String()+w.Body.String(), told) {
				t.Errorf("the panic is repeated: %s", log)
			}
		})
	}
}
