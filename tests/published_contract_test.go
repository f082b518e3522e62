package tests_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/patient-care-aggregator/aggregator/internal/sandbox"
	"github.com/patient-care-aggregator/aggregator/tests/contract"
	"github.com/patient-care-aggregator/aggregator/tests/harness"
)

// published loads the NHS's contract, or skips the one test that says so.
func published(t *testing.T) *contract.Published {
	t.Helper()
	p, required, err := contract.LoadPublished(os.Getenv)
	switch {
	case errors.Is(err, contract.ErrAbsent) && !required:
		t.Skip(err)
	case err != nil:
		t.Fatal(err)
	}
	return p
}

// wire stands between the service and the sandbox's e-RS and checks what passes.
type wire struct {
	t         *testing.T
	published *contract.Published
	sandbox   atomic.Pointer[sandbox.Sandbox]
	client    http.Client
	passed    map[string]*atomic.Int32 // by operation
	strange   func() bool              // the citizen at hand breaks the contract on purpose
}

// ServeHTTP passes one question on.
func (w *wire) ServeHTTP(out http.ResponseWriter, in *http.Request) {
	if err := w.published.CheckRequest(in.Method, in.URL.Path, in.URL.Query(), in.Header); err != nil {
		w.t.Errorf("asked against the published contract: %v", err)
	}
	if in.Header.Get("NHSD-Target-Identifier") == "" || in.Header.Get("X-Correlation-ID") == "" {
		w.t.Errorf("%s lacks a header that every question has", in.URL.Path)
	}
	address := w.sandbox.Load().Endpoints().ERSBaseURL + in.URL.RequestURI()
	r, err := http.NewRequestWithContext(in.Context(), in.Method, address, http.NoBody)
	if err != nil {
		w.t.Error(err)
		return
	}
	r.Header = in.Header.Clone()
	a, err := w.client.Do(r)
	if err != nil {
		w.t.Error(err)
		return
	}
	body, err := io.ReadAll(a.Body)
	if err := errors.Join(err, a.Body.Close()); err != nil {
		w.t.Error(err)
	}
	if err := w.published.CheckAnswer(in.URL.Path, a.StatusCode, a.Header, body); err != nil && !w.strange() {
		w.t.Errorf("answered against the published contract: %v", err)
	}
	if n := w.passed[w.published.Operation(in.URL.Path)]; n != nil {
		n.Add(1)
	}
	for name, values := range a.Header {
		out.Header()[name] = values
	}
	out.WriteHeader(a.StatusCode)
	_, _ = out.Write(body)
}

func TestWhatPassesBetweenServiceAndERSKeepsToThePublishedContract(t *testing.T) {
	t.Parallel()
	var strange atomic.Bool
	w := &wire{
		t: t, published: published(t), strange: strange.Load, client: http.Client{Transport: &http.Transport{}},
		passed: map[string]*atomic.Int32{"/FHIR/R4/ServiceRequest": {}, "/FHIR/R4/HealthcareService/{id}": {}},
	}
	server := httptest.NewServer(w)
	t.Cleanup(server.Close)
	t.Cleanup(w.client.CloseIdleConnections)
	s := harness.Start(t, harness.Env("PCA_ERS_BASE_URL", server.URL))
	w.sandbox.Store(s.Sandbox)
	for _, c := range s.Sandbox.Citizens() {
		strange.Store(c.Strange != "")
		b := s.Browser()
		if b.SignIn(c.Name).Status != http.StatusOK {
			continue // who may not be let in is another test's
		}
		b.Consent()
		if a := b.Get("/v1/timeline"); a.Status != http.StatusOK && a.Status != http.StatusMultiStatus && c.Name != "olive" {
			t.Errorf("%s: status %d: %s", c.Name, a.Status, a.Body)
		}
	}
	for operation, n := range w.passed {
		if n.Load() == 0 {
			t.Errorf("%s was never asked", operation)
		}
	}
}

func TestACorrelationIDGoesAllTheWay(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	b := s.Consented("bella")
	s.Sandbox.ForgetRequests()
	const id = "11111111-2222-4333-8444-555555555555"
	a := b.Get("/v1/timeline", "X-Correlation-ID", id)
	if a.Header.Get("X-Correlation-ID") != id {
		t.Errorf("came back as %s", a.Header.Get("X-Correlation-ID"))
	}
	for _, u := range []sandbox.Upstream{sandbox.ERS, sandbox.ODS} {
		asked := s.Asked(u, "")
		if len(asked) == 0 {
			t.Errorf("%s was not asked", u)
		}
		for _, r := range asked {
			if r.Header.Get("X-Correlation-ID") != id {
				t.Errorf("%s %s was asked under %q", u, r.Operation, r.Header.Get("X-Correlation-ID"))
			}
		}
	}
	t.Run("one that is no UUID is replaced", func(t *testing.T) {
		for _, wrong := range []string{"9990000018", "x", "{" + id + "}", "urn:uuid:" + id, strings.ReplaceAll(id, "-", "")} {
			if got := b.In(t).Get("/v1/timeline", "X-Correlation-ID", wrong).Header.Get("X-Correlation-ID"); got == wrong {
				t.Errorf("%q was taken as it is", wrong)
			}
		}
	})
	t.Run("capitals are written small", func(t *testing.T) {
		upper := "AAAAAAAA-BBBB-4CCC-8DDD-EEEEEEEEEEEE"
		if got := b.In(t).Get("/v1/timeline", "X-Correlation-ID", upper).Header.Get("X-Correlation-ID"); got != strings.ToLower(upper) {
			t.Errorf("came back as %s", got)
		}
	})
}
