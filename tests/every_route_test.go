package tests_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/patient-care-aggregator/aggregator/api"
	"github.com/patient-care-aggregator/aggregator/tests/harness"

	"github.com/getkin/kin-openapi/openapi3"
)

// documented are the paths of the contract that have this method, with an id where
// one is asked for, and their operations.
func documented(t *testing.T, method string) map[string]*openapi3.Operation {
	t.Helper()
	d, err := openapi3.NewLoader().LoadFromData(api.OpenAPI)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]*openapi3.Operation{}
	for path, item := range d.Paths.Map() {
		if o := item.GetOperation(method); o != nil {
			found[strings.NewReplacer("{id}", "AAAAAAAAAAAAAAAAAAAAAA", "{name}", "none.css").Replace(path)] = o
		}
	}
	return found
}

// Pages, and callbacks of providers, get parameters that others add.
func ignoresUnknown(path string) bool {
	return slices.Contains([]string{"/", "/timeline", "/consent", "/healthz", "/readyz", "/_ping", "/auth/callback", "/audit/callback"}, path)
}

func TestNoRouteIgnoresAWrongQueryParameter(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	citizen, auditor := s.Consented("bella"), s.Auditor("ada")
	for path, operation := range documented(t, http.MethodGet) {
		b := citizen
		if strings.HasPrefix(path, "/audit") {
			b = auditor
		}
		if !ignoresUnknown(path) {
			for _, query := range []string{"form=2026-01-01", "Limit=1", "limit%20=1", "=", "%0a=1"} {
				a := b.Get(path + "?" + query)
				harness.Refused(t, a, http.StatusBadRequest, "bad_request")
			}
		}
		for _, p := range operation.Parameters {
			if p.Value.In != "query" || p.Value.Schema.Value.Type.Is("array") || ignoresUnknown(path) && strings.HasSuffix(path, "callback") {
				continue
			}
			a := b.Get(path + "?" + p.Value.Name + "=1&" + p.Value.Name + "=2")
			harness.Refused(t, a, http.StatusBadRequest, "bad_request")
			if !strings.Contains(string(a.Body), p.Value.Name) {
				t.Errorf("%s: the answer does not name %s: %s", path, p.Value.Name, a.Body)
			}
		}
	}
}

func TestHeadIsAnsweredAsGetWithoutItsBody(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	b := s.PlainBrowser()
	for path := range documented(t, http.MethodGet) {
		once := strings.HasSuffix(path, "/callback") || strings.HasSuffix(path, "/login") || strings.HasSuffix(path, "/manage")
		get := b.Must(b.DoOnce(t.Context(), http.MethodGet, path, nil))
		head := b.Must(b.DoOnce(t.Context(), http.MethodHead, path, nil))
		switch {
		case once && head.Status != http.StatusMethodNotAllowed:
			t.Errorf("HEAD %s: status %d, want 405", path, head.Status)
		case !once && (head.Status != get.Status || head.Header.Get("Content-Type") != get.Header.Get("Content-Type")):
			t.Errorf("HEAD %s: status %d, GET %d", path, head.Status, get.Status)
		case len(head.Body) > 0:
			t.Errorf("HEAD %s has a body", path)
		}
		options := b.Must(b.DoOnce(t.Context(), http.MethodOptions, path, nil))
		if options.Status != http.StatusNoContent || !strings.Contains(options.Header.Get("Allow"), "GET") {
			t.Errorf("OPTIONS %s: status %d, Allow %q", path, options.Status, options.Header.Get("Allow"))
		}
	}
}

func TestOnlyProbesAreNotCounted(t *testing.T) {
	t.Parallel()
	s := harness.Start(t, harness.Env("PCA_RATE_LIMIT_ADDRESS", "1-H"))
	b := s.PlainBrowser()
	harness.Answered(t, b.Get("/v1/privacy-notice"), http.StatusOK)
	probes := []string{"/healthz", "/readyz", "/_ping"}
	paths := []string{"/nowhere", "/v1/nowhere"}
	for path := range documented(t, http.MethodGet) {
		paths = append(paths, path)
	}
	for _, path := range paths {
		a := b.Get(path)
		if spent := a.Status == http.StatusTooManyRequests; spent == slices.Contains(probes, path) {
			t.Errorf("%s: status %d", path, a.Status)
		}
	}
	if a := b.Must(b.DoOnce(t.Context(), http.MethodPatch, "/v1/timeline", nil)); a.Status != http.StatusTooManyRequests {
		t.Errorf("a method that nothing takes: status %d", a.Status)
	}
}
