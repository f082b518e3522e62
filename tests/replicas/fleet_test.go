//go:build linux

package replicas_test

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/local"
	"github.com/patient-care-aggregator/aggregator/internal/store"
	"github.com/patient-care-aggregator/aggregator/tests/harness"
)

// fleet is a service whose sandbox its replicas use too, as if all were behind one
// load balancer.
type fleet struct {
	*harness.Service

	replicas []*replica
}

// begin starts a service and so many replicas, each a process of its own.
func begin(t *testing.T, replicas int, change ...func(*local.Options)) *fleet {
	t.Helper()
	return beginOn(t, replicas, append([]func(*local.Options){harness.OnPostgreSQL(t)}, change...)...)
}

// beginOn is begin on the database that a change names.
func beginOn(t *testing.T, replicas int, change ...func(*local.Options)) *fleet {
	t.Helper()
	change = append([]func(*local.Options){
		harness.Env("PCA_RATE_LIMIT_CITIZEN", "off", "PCA_RATE_LIMIT_ADDRESS", "off", "PCA_RATE_LIMIT_GLOBAL", "off", "PCA_ERS_BUDGET", "off"),
		func(o *local.Options) { o.Now = time.Now }, // processes share no other clock
	}, change...)
	f := &fleet{Service: harness.Start(t, change...)}
	for range replicas {
		f.add("yes")
	}
	return f
}

// add starts one more replica.
func (f *fleet) add(as string) *replica {
	f.T.Helper()
	r := &replica{t: f.T, f: f, as: as}
	r.run()
	f.T.Cleanup(r.kill)
	f.replicas = append(f.replicas, r)
	return r
}

// replica is one process, again and again.
type replica struct {
	t  *testing.T
	f  *fleet
	as string // of asReplica

	mu  sync.Mutex
	url string
	cmd *exec.Cmd
	log *bytes.Buffer
}

// run starts the process, and returns when it serves.
func (r *replica) run() {
	r.t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cmd, r.log = exec.CommandContext(context.Background(), os.Args[0]), &bytes.Buffer{}
	r.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	r.cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), asReplica + "=" + r.as}
	for name, value := range r.f.Env {
		r.cmd.Env = append(r.cmd.Env, name+"="+value)
	}
	r.cmd.Stderr = r.log
	out, err := r.cmd.StdoutPipe()
	if err != nil {
		r.t.Fatal(err)
	}
	if err := r.cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		_ = r.cmd.Wait()
		r.t.Fatalf("a replica did not start: %v\n%s", err, r.log)
	}
	r.url = strings.TrimSpace(line)
}

// kill ends the process as a crash does.
func (r *replica) kill() {
	r.mu.Lock()
	defer r.mu.Unlock()
	_ = r.cmd.Process.Kill()
	_ = r.cmd.Wait()
}

func (r *replica) address() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.url
}

// citizen is somebody's browser behind the load balancer.
type citizen struct {
	f       *fleet
	name    string
	browser *harness.Browser
	cookies []*http.Cookie
	http    *http.Client
}

// citizen signs in and agrees, at the first of all replicas.
func (f *fleet) citizen(name string) *citizen {
	f.T.Helper()
	b := f.SignedIn(name)
	if b.Get("/v1/timeline").Status == http.StatusForbidden {
		b.Consent()
	}
	return f.asking(name, b)
}

// auditor signs a member of staff in, at the first of all replicas.
func (f *fleet) auditor(name string) *citizen {
	f.T.Helper()
	return f.asking(name, f.Auditor(name))
}

// asking has what a browser is signed in with.
func (f *fleet) asking(name string, b *harness.Browser) *citizen {
	f.T.Helper()
	at, err := url.Parse(f.URL)
	if err != nil {
		f.T.Fatal(err)
	}
	c := &citizen{f: f, name: name, browser: b, cookies: b.Cookies().Cookies(at), http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}, Timeout: 15 * time.Second}}
	f.T.Cleanup(c.http.CloseIdleConnections)
	return c
}

// ask asks one replica, as a load balancer passes a request on. It returns the request's
// correlation id.
func (c *citizen) ask(ctx context.Context, replica, method, path string) (status int, body []byte, id string, err error) {
	id = uuid.NewString()
	r, err := http.NewRequestWithContext(ctx, method, replica+path, http.NoBody)
	if err != nil {
		return 0, nil, id, err
	}
	r.Host = strings.TrimPrefix(c.f.URL, "http://")
	r.Header.Set("X-Correlation-ID", id)
	if method != http.MethodGet {
		r.Header.Set("Origin", c.f.URL)
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for _, each := range c.cookies {
		r.AddCookie(each)
	}
	a, err := c.http.Do(r)
	if err != nil {
		return 0, nil, id, err
	}
	body, err = io.ReadAll(a.Body)
	_ = a.Body.Close()
	return a.StatusCode, body, id, err
}

// answered asks, and requires a status.
func (c *citizen) answered(replica, method, path string, want int) []byte {
	c.f.T.Helper()
	status, body, _, err := c.ask(c.f.T.Context(), replica, method, path)
	if err != nil || status != want {
		c.f.T.Fatalf("%s %s: status %d, %v, want %d: %s", method, path, status, err, want, body)
	}
	return body
}

// whole verifies the log of all replicas. It returns the correlation ids of data that was
// shown, and reports data behind the withdrawal of its consent.
func (f *fleet) whole() map[string]bool {
	f.T.Helper()
	db, err := store.OpenBeside(f.T.Context(), f.Env["PCA_DATABASE_URL"], store.Options{})
	if err != nil {
		f.T.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := audit.Verify(f.T.Context(), db.Log()); err != nil {
		f.T.Fatal(err)
	}
	shown, ended := map[string]bool{}, map[audit.ListID]bool{}
	for after := int64(-1); ; {
		records, err := db.Log().Records(f.T.Context(), after, 1000)
		if err != nil {
			f.T.Fatal(err)
		}
		if len(records) == 0 {
			return shown
		}
		for _, r := range records {
			e, err := r.Entry()
			if err != nil {
				f.T.Fatal(err)
			}
			switch e.Kind {
			case audit.ConsentWithdrawn:
				ended[e.List] = true
			case audit.DataReleased, audit.DataNotModified:
				if shown[e.CorrelationID] = true; ended[e.List] {
					f.T.Errorf("entry %d shows data behind the withdrawal of its consent", r.Seq)
				}
			}
			after = r.Seq
		}
	}
}
