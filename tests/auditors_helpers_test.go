package tests_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"runtime"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/local"
)

// plainBrowser is a browser whose answers are not held against the contract: for
// a service without a part of it.
func (s *service) plainBrowser() *browser {
	s.t.Helper()
	j, err := local.NewJourney(s.URL)
	if err != nil {
		s.t.Fatal(err)
	}
	j.Through(&http.Transport{})
	s.t.Cleanup(j.Close)
	return &browser{Journey: j, t: s.t, s: s}
}

// cookies are what this browser holds for an address.
func (b *browser) cookies(at *url.URL) []*http.Cookie {
	b.t.Helper()
	jar := b.Cookies()
	if len(jar.Cookies(at)) == 0 {
		b.t.Fatal("no cookies")
	}
	return jar.Cookies(at)
}

// raw asks for an NDJSON export without keeping it.
func (b *browser) raw(ctx context.Context, path string) *http.Response {
	b.t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, b.s.URL+path, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Accept", "application/x-ndjson")
	client := &http.Client{Jar: b.Cookies(), Transport: &http.Transport{DisableKeepAlives: true}, Timeout: time.Minute}
	response, err := client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	if response.StatusCode != http.StatusOK {
		b.t.Fatalf("status %d", response.StatusCode)
	}
	return response
}

// stream reads an export line by line, and tells how much more memory the process
// held meanwhile than before, at most.
func (b *browser) stream(path string) (lines int, peak uint64) {
	b.t.Helper()
	before := heap()
	response := b.raw(b.t.Context(), path)
	defer response.Body.Close() //nolint:errcheck // read to its end
	in := bufio.NewScanner(response.Body)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		lines++
		if lines%20_000 == 0 {
			if now := heap(); now > before {
				peak = max(peak, now-before)
			}
		}
	}
	if err := in.Err(); err != nil {
		b.t.Error(err)
	}
	return lines, peak
}

// leave begins an export and goes away; it returns when the service has let go.
func (b *browser) leave(path string) {
	b.t.Helper()
	ctx, cancel := context.WithCancel(b.t.Context())
	defer cancel()
	response := b.raw(ctx, path)
	if _, err := io.ReadFull(response.Body, make([]byte, 1024)); err != nil {
		b.t.Error(err)
	}
	cancel()
	_ = response.Body.Close()
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

const reasonForLooking = "complaint of March"

// auditor opens a browser and signs a member of the sandbox's staff in who is one.
func (s *service) auditor(name string) *browser {
	s.t.Helper()
	b := s.browser()
	answered(s.t, b.staffSignIn(name), http.StatusSeeOther)
	return b
}

// staffSignIn goes through the staff provider and gives the callback's answer.
func (b *browser) staffSignIn(name string) local.Answer {
	b.t.Helper()
	return b.get(b.staffReturn(name))
}

// staffReturn goes to the staff provider and gives where it sends the browser back.
func (b *browser) staffReturn(name string) string {
	b.t.Helper()
	begun := b.get("/audit/login")
	answered(b.t, begun, http.StatusFound)
	at, err := url.Parse(begun.Header.Get("Location"))
	if err != nil {
		b.t.Fatal(err)
	}
	q := at.Query()
	q.Set("sandbox_staff", name)
	at.RawQuery = q.Encode()
	return b.get(at.String()).Header.Get("Location")
}

// auditEntries is an answer of the auditors' entries.
type auditEntries struct {
	Entries []struct {
		Seq                            int64
		Kind, Outcome, Actor           string
		Citizen, Client, Reason, Notes *string
		Purpose                        *string
	}
	Next *string
}

func (b *browser) auditEntries(query string) auditEntries {
	b.t.Helper()
	a := b.get("/audit/v1/entries?" + query)
	answered(b.t, a, http.StatusOK)
	return decodeAs[auditEntries](b.t, a.Body)
}

func (b *browser) search(number, reason string) local.Answer {
	b.t.Helper()
	return b.post("/audit/v1/entries/search", map[string]string{"nhsNumber": number, "reason": reason})
}

func decodeAs[T any](t *testing.T, body []byte) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	return v
}

func auditPaths() []string {
	return []string{
		"/audit/session", "/audit/v1/entries", "/audit/v1/checkpoint", "/audit/v1/proof?seq=0&size=1", "/audit/v1/consistency?from=0&to=1",
		"/audit/v1/consents", "/audit/v1/statistics",
	}
}

func (s *service) number(name string) string {
	s.t.Helper()
	c, err := s.Sandbox.Citizen(name)
	if err != nil {
		s.t.Fatal(err)
	}
	return c.NHSNumber
}
