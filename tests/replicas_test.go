package tests_test

import (
	"context"
	"io/fs"
	"net/http"
	"net/http/cookiejar"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/local"
	"github.com/patient-care-aggregator/aggregator/internal/redis/redistest"
	"github.com/patient-care-aggregator/aggregator/internal/sandbox"
	"github.com/patient-care-aggregator/aggregator/tests/harness"
)

// replicas are three services of one deployment. Each has a copy of one database in
// which a citizen is signed in and has agreed, and all of them ask the same NHS.
type replicas struct {
	t        *testing.T
	first    *harness.Service
	services []*harness.Service
	browsers []*harness.Browser
}

func startReplicas(t *testing.T, citizen, redis string, env ...string) *replicas {
	t.Helper()
	data := harness.DataDir(t)
	settings := func(o *local.Options) {
		o.DataDir = data
		harness.Env(append(env, "PCA_REDIS_URL", redis)...)(o)
	}
	first := harness.Start(t, settings)
	begun := first.Consented(citizen)
	r := &replicas{t: t, first: first, services: []*harness.Service{first}, browsers: []*harness.Browser{begun}}
	// The NHS is the first service's, and so is the public address: cookies and client
	// assertions are for one deployment.
	var one []string
	for _, name := range []string{
		"PCA_NHS_LOGIN_ISSUER", "PCA_API_PLATFORM_TOKEN_URL", "PCA_ERS_BASE_URL", "PCA_ODS_BASE_URL", "PCA_STAFF_ISSUER", "PCA_PUBLIC_URL",
	} {
		one = append(one, name, first.Env[name])
	}
	for range 2 {
		folder := t.TempDir()
		copyFolder(t, data, folder)
		next := harness.Start(t, func(o *local.Options) { o.DataDir, o.Now = folder, first.Clock.Now }, harness.Env(append(one, env...)...), harness.Env("PCA_REDIS_URL", redis))
		b := next.Browser()
		r.sameCookies(begun, b)
		r.browsers, r.services = append(r.browsers, b), append(r.services, next)
	}
	first.Sandbox.ForgetRequests()
	return r
}

// sameCookies has a browser go on at another replica, as behind a load balancer.
func (r *replicas) sameCookies(from, to *harness.Browser) {
	r.t.Helper()
	jar, isJar := to.Cookies().(*cookiejar.Jar)
	if !isJar {
		r.t.Fatal("the browser has no cookies")
	}
	at := parse(r.t, from.URL)
	jar.SetCookies(parse(r.t, to.URL), from.Cookies().Cookies(at))
}

// reachedRedis reports whether no replica had to do without Redis.
func (r *replicas) reachedRedis() bool {
	r.t.Helper()
	without := regexp.MustCompile(`event="local"|pca_redis_command_duration_seconds_count\{[^}]*outcome="(failed|not-asked)"`)
	return !slices.ContainsFunc(r.services, func(s *harness.Service) bool { return without.MatchString(metricsOf(r.t, s)) })
}

func metricsOf(t *testing.T, s *harness.Service) string {
	t.Helper()
	plain := s.PlainBrowser()
	a, err := plain.DoOnce(context.WithoutCancel(t.Context()), http.MethodGet, s.AdminURL+"/metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	return string(a.Body)
}

func (r *replicas) asked() int { return len(r.first.Asked(sandbox.ERS, "ServiceRequest")) }

// crowd asks all replicas at once; each answer must be whole.
func (r *replicas) crowd(n int) []local.Answer {
	r.t.Helper()
	answers := make([]local.Answer, n)
	var asking sync.WaitGroup
	for i := range n {
		asking.Go(func() {
			var err error
			answers[i], err = r.browsers[i%len(r.browsers)].DoOnce(r.t.Context(), http.MethodGet, "/v1/timeline", nil)
			if err != nil {
				r.t.Error(err)
			}
		})
	}
	asking.Wait()
	for i, a := range answers {
		if a.Status != http.StatusOK {
			r.t.Errorf("request %d: status %d: %s", i, a.Status, a.Body)
		}
	}
	return answers
}

func copyFolder(t *testing.T, from, to string) {
	t.Helper()
	err := filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		name, _ := filepath.Rel(from, path) // both are of one walk
		switch {
		case err != nil:
			return err
		case d.IsDir():
			return os.MkdirAll(filepath.Join(to, name), 0o700)
		case strings.HasSuffix(name, ".lock") || !d.Type().IsRegular():
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, name), text, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestThirtyRequestsToThreeReplicasAskTheNHSOnce(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	for range 5 { // a machine that is busy with other tests may be too slow for Redis
		r := startReplicas(t, "sunny", server.URL())
		if r.askTogether(); r.reachedRedis() {
			if n := r.asked(); n != 1 {
				t.Errorf("e-RS was asked %d times, want once", n)
			}
			return
		}
	}
	t.Fatal("in five tries Redis was never fast enough")
}

// askTogether has thirty requests wait for one slow question.
func (r *replicas) askTogether() {
	r.t.Helper()
	r.first.Sandbox.Order(sandbox.Fault{Kind: sandbox.Delay, Delay: 300 * time.Millisecond, Upstream: sandbox.ERS, Operation: "ServiceRequest"})
	answers := r.crowd(30)
	// What went through Redis is told in the same words.
	for i, a := range answers {
		if tag := a.Header.Get("ETag"); tag != answers[0].Header.Get("ETag") {
			r.t.Errorf("answer %d differs: %s", i, a.Body)
		}
	}
}

func TestARefreshAtOneReplicaShowsAtAll(t *testing.T) {
	t.Parallel()
	r := startReplicas(t, "lily", redistest.Start(t).URL())
	before := r.crowd(3)[0]
	if _, err := r.first.Sandbox.AdvanceCitizen("lily", ""); err != nil {
		t.Fatal(err)
	}
	r.first.Clock.Advance(10 * time.Second)
	for _, b := range r.browsers { // the first refresh is the others' too
		harness.Answered(t, b.Post("/v1/timeline/refresh", nil), http.StatusOK)
	}
	if n := r.asked(); n != 2 && r.reachedRedis() {
		t.Errorf("e-RS was asked %d times, want 2", n)
	}
	for _, a := range r.crowd(3) {
		if a.Header.Get("ETag") == before.Header.Get("ETag") {
			t.Error("what changed at the NHS does not show")
		}
	}
}

func TestAFailureAtOneReplicaIsToldAtAll(t *testing.T) {
	t.Parallel()
	r := startReplicas(t, "sunny", redistest.Start(t).URL())
	r.crowd(3)
	r.first.Clock.Advance(11 * time.Second)
	defer r.first.Sandbox.Order(sandbox.Fault{Kind: sandbox.HTML502, Upstream: sandbox.ERS, Operation: "ServiceRequest"})()
	before := r.asked()
	for i, b := range r.browsers {
		a := b.Post("/v1/timeline/refresh", nil)
		if a.Status != http.StatusMultiStatus || !strings.Contains(string(a.Body), `"lastTry"`) {
			t.Errorf("replica %d: status %d: %s", i, a.Status, a.Body)
		}
	}
	if n := r.asked() - before; n != 1 && r.reachedRedis() {
		t.Errorf("e-RS was asked %d times, want once: the others knew that it fails", n)
	}
}

func TestWithoutRedisNoRequestFails(t *testing.T) {
	t.Parallel()
	for name, lose := range map[string]func(*redistest.Server){
		"killed": (*redistest.Server).Kill, "hung": (*redistest.Server).Hang, "flushed": (*redistest.Server).Flush,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := redistest.Start(t)
			r := startReplicas(t, "sunny", server.URL())
			r.crowd(3)
			lose(server)
			r.first.Clock.Advance(2 * time.Minute) // what is kept anywhere is old
			before := r.asked()
			began := time.Now()
			r.crowd(30)
			r.crowd(30)
			if n := r.asked() - before; n < 1 || n > 3 {
				t.Errorf("e-RS was asked %d times, want at most once a replica", n)
			}
			t.Logf("60 requests took %v", time.Since(began))
			if name == "flushed" {
				return
			}
			if !strings.Contains(metricsOf(t, r.first), "pca_redis_lost 1") {
				t.Error("the metrics do not tell it")
			}
		})
	}
}

func TestReplicasLimitSignInsAndHaveOneBudgetForERS(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	r := startReplicas(t, "sunny", server.URL(), "PCA_RATE_LIMIT_SIGN_IN", "7-H", "PCA_ERS_BUDGET", "1-D")
	passed := 0
	for i := range 9 { // the citizen's own sign-in was two
		a, err := r.services[i%3].Browser().DoOnce(t.Context(), http.MethodGet, "/auth/login?return_to=/", nil)
		switch {
		case err != nil:
			t.Fatal(err)
		case a.Status == http.StatusFound:
			passed++
		default:
			harness.Refused(t, a, http.StatusTooManyRequests, "rate_limited")
		}
	}
	if passed != 5 && r.reachedRedis() {
		t.Errorf("%d sign-ins passed at three replicas, want 5", passed)
	}
	// What is kept serves all, and e-RS is asked no second time today.
	r.crowd(6)
	r.first.Clock.Advance(2 * time.Minute)
	for i, b := range r.browsers {
		a := b.Get("/v1/timeline")
		if a.Status != http.StatusMultiStatus || !strings.Contains(string(a.Body), `"status":"stale"`) {
			t.Errorf("replica %d: status %d: %s", i, a.Status, a.Body)
		}
	}
	if n := r.asked(); n != 1 && r.reachedRedis() {
		t.Errorf("e-RS was asked %d times, want once", n)
	}
}
