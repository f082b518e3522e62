package tests_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/patient-care-aggregator/aggregator/internal/local"
	"github.com/patient-care-aggregator/aggregator/tests/harness"
)

// spied is a service of which everything that leaves it is kept.
type spied struct {
	*harness.Service

	logs    *buffer
	spans   *tracetest.InMemoryExporter
	answers *buffer // every answer to citizens, with its headers
	known   secrets
}

// buffer is a bytes.Buffer for many writers.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p) //nolint:wrapcheck // never fails
}

func (b *buffer) Bytes() []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	return bytes.Clone(b.b.Bytes())
}

// spy starts such a service. Its log is the plain one, without the redaction
// that the commands put before it: what must not be logged is not to be handed
// to the log at all.
func spy(t *testing.T, change ...func(*local.Options)) *spied {
	t.Helper()
	s := &spied{logs: &buffer{}, answers: &buffer{}, spans: tracetest.NewInMemoryExporter(), known: secrets{}}
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(s.spans))
	t.Cleanup(func() {
		if err := provider.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	s.Service = harness.Start(t, append(change, func(o *local.Options) {
		if o.Env == nil {
			o.Env = map[string]string{}
		}
		for _, whose := range []string{"GLOBAL", "CITIZEN", "ADDRESS"} {
			o.Env["PCA_RATE_LIMIT_"+whose] = "off" // a refusal for haste would show nothing
		}
		o.Log = slog.New(slog.NewJSONHandler(s.logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
		o.Tracing = provider
	})...)
	for _, c := range s.Sandbox.Citizens() {
		s.known.add("NHS number", c.NHSNumber)
		if n := c.NHSNumber; n != "" {
			s.known.add("NHS number", n[:3]+" "+n[3:6]+" "+n[6:], n[:3]+"-"+n[3:6]+"-"+n[6:])
		}
		s.known.add("name", c.Given, c.Family)
		s.known.add("date of birth", c.Born)
	}
	s.known.add("NHS number", "9990000611") // of the patient who is nobody's business
	s.known.add("label", "2WW", "TWO_WEEK_WAIT", "two week wait", "2 week wait", "Urgent Suspected Cancer", "cancer", "Lung Nodule")
	for _, key := range []string{"PCA_API_PLATFORM_API_KEY", "PCA_ODS_API_KEY", "PCA_STATUS_API_KEY"} {
		s.known.add("key", s.Env[key])
	}
	for _, file := range []string{"PCA_SECRET_KEY_FILE", "PCA_NHS_LOGIN_PRIVATE_KEY_FILE", "PCA_API_PLATFORM_PRIVATE_KEY_FILE"} {
		text, err := os.ReadFile(s.Env[file])
		if err != nil {
			t.Fatal(err)
		}
		_, secret, ring := strings.Cut(strings.TrimSpace(string(text)), ":")
		if !ring {
			secret = strings.Split(string(text), "\n")[1]
		}
		s.known.add("key", secret)
	}
	return s
}

// journey makes everything that a citizen can do, and learns on the way what is
// theirs. It gives the timeline's status.
func (s *spied) journey(name string) int {
	s.T.Helper()
	s.Clock.Advance(time.Minute) // e-RS counts what it is asked in a minute
	b := s.Browser()
	b.Through(&recorder{next: &http.Transport{}, into: s.answers, known: s.known, host: host(s.T, s.URL)})
	b.SignIn(name)
	refusal := b.Get("/v1/timeline")
	if refusal.Status == http.StatusForbidden && strings.Contains(string(refusal.Body), "consentRequest") {
		b.Must(b.Journey.Consent(s.T.Context(), refusal.Body))
	}
	a := b.Get("/v1/timeline")
	var shown struct {
		Referrals []struct {
			ID, BookingReference string
			ManageURL            *string
			Specialty            *struct{ Code, Display *string }
			Service              *struct {
				Name     *string
				Provider *struct{ Name *string }
			}
			Appointment *struct{ ID string }
		}
	}
	_ = json.Unmarshal(a.Body, &shown) // a refusal has no referrals
	for _, r := range shown.Referrals {
		s.known.add("booking reference", r.BookingReference, strings.ReplaceAll(r.BookingReference, " ", ""))
		if r.Specialty != nil {
			s.known.add("clinical word", value(r.Specialty.Code), value(r.Specialty.Display))
		}
		if r.Service != nil {
			s.known.add("clinical word", value(r.Service.Name))
		}
		b.Get("/v1/referrals/" + r.ID)
		if r.ManageURL != nil {
			b.Get(*r.ManageURL)
			b.Post(*r.ManageURL, nil)
		}
		if r.Appointment != nil {
			b.Get("/v1/appointments/" + r.Appointment.ID + "/calendar.ics")
		}
		if len(shown.Referrals) > 20 {
			break // one of two hundred is like another
		}
	}
	for _, path := range []string{"/v1/referrals", "/v1/appointments", "/v1/consents", "/auth/session", "/v1/nothing/" + name} {
		b.Get(path, "If-None-Match", a.Header.Get("ETag"))
	}
	b.Post("/v1/timeline/refresh", nil)
	b.Post("/auth/logout", nil)
	return a.Status
}

// recorder keeps every answer of the service and learns its cookies.
type recorder struct {
	next  *http.Transport
	into  io.Writer
	known secrets
	host  string
}

// RoundTrip implements http.RoundTripper.
func (r *recorder) RoundTrip(q *http.Request) (*http.Response, error) {
	a, err := r.next.RoundTrip(q)
	if err != nil || q.URL.Host != r.host {
		return a, err //nolint:wrapcheck // an onlooker changes nothing
	}
	body, err := io.ReadAll(a.Body)
	if err != nil {
		return nil, err //nolint:wrapcheck // an onlooker changes nothing
	}
	_ = a.Body.Close() // read to its end
	a.Body = io.NopCloser(bytes.NewReader(body))
	for _, c := range a.Cookies() {
		if len(c.Value) > 8 {
			r.known.add("cookie", c.Value)
		}
	}
	if to := a.Header.Get("Location"); strings.Contains(to, "assertedLoginIdentity") {
		_, jwt, _ := strings.Cut(to, "assertedLoginIdentity=")
		r.known.add("token", jwt)
	}
	_, err = fmt.Fprintf(r.into, "%v\n%s\n", a.Header, body)
	return a, err //nolint:wrapcheck // never fails
}

// CloseIdleConnections lets http.Client end the connections of next.
func (r *recorder) CloseIdleConnections() { r.next.CloseIdleConnections() }

// learn takes in what the NHS systems were sent and gave out.
func (s *spied) learn() {
	for _, r := range s.Sandbox.Requests() {
		s.known.add("token", strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "),
			r.Form.Get("client_assertion"), r.Form.Get("subject_token"), r.Form.Get("code"), r.Query.Get("code"))
		s.known.add("sign-in secret", r.Query.Get("state"), r.Query.Get("nonce"))
	}
	for token := range s.known["token"] { // a JWT leaks by its signature too
		if parts := strings.Split(token, "."); len(parts) == 3 {
			s.known.add("token", parts[1], parts[2])
		}
	}
}
