package tests_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/patient-care-aggregator/aggregator/api"
	"github.com/patient-care-aggregator/aggregator/internal/clocktest"
	"github.com/patient-care-aggregator/aggregator/internal/jose"
	"github.com/patient-care-aggregator/aggregator/internal/local"
	"github.com/patient-care-aggregator/aggregator/internal/sandbox"
	"github.com/patient-care-aggregator/aggregator/tests/contract"
)

// service is a running service with its sandbox.
type service struct {
	*local.Stack

	t     *testing.T
	clock *clocktest.Clock
}

// start runs a service for one test. change, when not nil, edits its options.
func start(t *testing.T, change ...func(*local.Options)) *service {
	t.Helper()
	s := &service{t: t, clock: clocktest.New()}
	o := local.Options{Now: s.clock.Now, DataDir: dataDir(t), Version: "v0.0.0-test"}
	for _, c := range change {
		c(&o)
	}
	var err error
	if s.Stack, err = local.Start(context.WithoutCancel(t.Context()), o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.close)
	return s
}

// close ends the service, once, after checking all that it asked of e-RS.
func (s *service) close() {
	if s.Stack == nil {
		return
	}
	if published, err := publishedContract(); err == nil {
		for _, r := range s.asked(sandbox.ERS, "") {
			base := strings.TrimPrefix(s.Sandbox.Endpoints().ERSBaseURL, s.Sandbox.URL())
			if err := published.CheckRequest(r.Method, strings.TrimPrefix(r.Path, base), r.Query, r.Header); err != nil {
				s.t.Errorf("asked against the published contract: %v", err)
			}
		}
	}
	if err := s.Close(); err != nil {
		s.t.Errorf("close the service: %v", err)
	}
	s.Stack = nil
}

// env adds to the service's environment.
func env(pairs ...string) func(*local.Options) {
	return func(o *local.Options) {
		o.Env = map[string]string{}
		for i := 0; i+1 < len(pairs); i += 2 {
			o.Env[pairs[i]] = pairs[i+1]
		}
	}
}

// asked gives what an NHS system was asked; an empty operation is every one.
func (s *service) asked(u sandbox.Upstream, operation string) []sandbox.Request {
	return slices.DeleteFunc(s.Sandbox.Requests(), func(r sandbox.Request) bool {
		return r.Upstream != string(u) || (operation != "" && r.Operation != operation)
	})
}

// browser is one citizen's browser or app. Its requests are checked against the
// service's contract.
type browser struct {
	*local.Journey

	t *testing.T
	s *service
}

// browser opens one without cookies.
func (s *service) browser() *browser {
	s.t.Helper()
	own, err := ownContract()
	if err != nil {
		s.t.Fatal(err)
	}
	j, err := local.NewJourney(s.URL)
	if err != nil {
		s.t.Fatal(err)
	}
	j.Through(own.Transport(s.URL, &http.Transport{}, func(err error) { s.t.Errorf("against api/openapi.yaml: %v", err) }))
	s.t.Cleanup(j.Close)
	return &browser{Journey: j, t: s.t, s: s}
}

// signedIn opens a browser and signs a citizen of the sandbox in.
func (s *service) signedIn(name string) *browser {
	s.t.Helper()
	b := s.browser()
	if a := b.signIn(name); a.Status != http.StatusOK {
		s.t.Fatalf("sign in as %s: status %d: %s", name, a.Status, a.Body)
	}
	return b
}

// consented is signedIn with consent to the service's own pages.
func (s *service) consented(name string) *browser {
	s.t.Helper()
	b := s.signedIn(name)
	b.consent()
	return b
}

// in is the same browser in a subtest.
func (b *browser) in(t *testing.T) *browser {
	t.Helper()
	return &browser{Journey: b.Journey, t: t, s: b.s}
}

// signIn goes through NHS login and ends at the session's own address.
func (b *browser) signIn(name string) local.Answer {
	b.t.Helper()
	return b.must(b.SignIn(b.t.Context(), name, "/auth/session"))
}

// consent grants what the timeline asks for.
func (b *browser) consent() local.Answer {
	b.t.Helper()
	a := b.must(b.Consent(b.t.Context(), b.get("/v1/timeline").Body))
	if a.Status != http.StatusCreated {
		b.t.Fatalf("consent: status %d: %s", a.Status, a.Body)
	}
	return a
}

func (b *browser) get(path string, headers ...string) local.Answer {
	b.t.Helper()
	return b.must(b.DoOnce(b.t.Context(), http.MethodGet, path, nil, headers...))
}

func (b *browser) post(path string, body any, headers ...string) local.Answer {
	b.t.Helper()
	return b.must(b.DoOnce(b.t.Context(), http.MethodPost, path, body, headers...))
}

func (b *browser) delete(path string, headers ...string) local.Answer {
	b.t.Helper()
	return b.must(b.DoOnce(b.t.Context(), http.MethodDelete, path, nil, headers...))
}

func (b *browser) must(a local.Answer, err error) local.Answer {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
	return a
}

// refused asserts a problem of that status and code.
func refused(t *testing.T, a local.Answer, status int, code string) {
	t.Helper()
	var p struct{ Code string }
	if err := json.Unmarshal(a.Body, &p); err != nil || a.Status != status || p.Code != code {
		t.Errorf("status %d %q, want %d %q: %s", a.Status, p.Code, status, code, a.Body)
	}
}

// answered asserts a status.
func answered(t *testing.T, a local.Answer, status int) {
	t.Helper()
	if a.Status != status {
		t.Fatalf("status %d, want %d: %s", a.Status, status, a.Body)
	}
}

// query makes the sandbox's choices for a sign-in.
func query(pairs ...string) url.Values {
	q := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	return q
}

// dataDir is a folder with keys made once for all tests, because making them
// takes long.
func dataDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string][]byte{"nhs-login.key": rsaKeys().login, "api-platform.key": rsaKeys().platform} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// Both contracts are read once: they are large.
var (
	ownContract       = sync.OnceValues(func() (*contract.Own, error) { return contract.LoadOwn(api.OpenAPI) })
	publishedContract = sync.OnceValues(func() (*contract.Published, error) {
		p, _, err := contract.LoadPublished(os.Getenv)
		return p, err
	})
)

type keyPair struct{ login, platform []byte }

var rsaKeys = sync.OnceValue(func() keyPair {
	login, err := jose.GenerateKey()
	platform, err2 := jose.GenerateKey()
	if err := errors.Join(err, err2); err != nil {
		panic(err)
	}
	return keyPair{login, platform}
})

func indent(t *testing.T, text []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := json.Indent(&out, text, "", "  "); err != nil {
		t.Fatal(err)
	}
	return append(bytes.TrimSpace(out.Bytes()), '\n')
}
