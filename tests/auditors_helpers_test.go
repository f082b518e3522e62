package tests_test

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"net/url"
	"runtime"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/local"
	"github.com/patient-care-aggregator/aggregator/tests/harness"
)

// cookiesOf are what this browser holds for an address.
func cookiesOf(b *harness.Browser, at *url.URL) []*http.Cookie {
	b.T.Helper()
	jar := b.Cookies()
	if len(jar.Cookies(at)) == 0 {
		b.T.Fatal("no cookies")
	}
	return jar.Cookies(at)
}

// patience is how long the service may take to notice that a reader left.
const patience = 20 * time.Second

// openExport asks for an NDJSON export without keeping it.
func openExport(ctx context.Context, b *harness.Browser, path string) *http.Response {
	b.T.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, b.URL+path, nil)
	if err != nil {
		b.T.Fatal(err)
	}
	r.Header.Set("Accept", "application/x-ndjson")
	client := &http.Client{Jar: b.Cookies(), Transport: &http.Transport{DisableKeepAlives: true}, Timeout: time.Minute}
	response, err := client.Do(r.Clone(ctx))
	// One that was left just now can still be letting go.
	for deadline := time.Now().Add(patience); err == nil && response.StatusCode == http.StatusTooManyRequests && time.Now().Before(deadline); {
		_ = response.Body.Close()
		response, err = client.Do(r.Clone(ctx))
	}
	if err != nil {
		b.T.Fatal(err)
	}
	if response.StatusCode != http.StatusOK {
		b.T.Fatalf("status %d", response.StatusCode)
	}
	return response
}

// readExport reads an export line by line, and tells how much more memory the process
// held meanwhile than before, at most.
func readExport(b *harness.Browser, path string) (lines int, peak uint64) {
	b.T.Helper()
	before := heap()
	response := openExport(b.T.Context(), b, path)
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
		b.T.Error(err)
	}
	return lines, peak
}

// leaveExport begins an export and goes away; it returns when the service has let go.
func leaveExport(b *harness.Browser, path string) {
	b.T.Helper()
	ctx, cancel := context.WithCancel(b.T.Context())
	defer cancel()
	response := openExport(ctx, b, path)
	if _, err := io.ReadFull(response.Body, make([]byte, 1024)); err != nil {
		b.T.Error(err)
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

// auditEntries is an answer of the auditors' entries.
type auditEntries struct {
	Entries []struct {
		Seq                         int64
		Kind, Outcome, Actor        string
		List, Client, Reason, Notes *string
		Purpose, Note               *string
	}
	Next *string
}

func readEntries(b *harness.Browser, query string) auditEntries {
	b.T.Helper()
	a := b.Get("/audit/v1/entries?" + query)
	harness.Answered(b.T, a, http.StatusOK)
	return harness.Read[auditEntries](b.T, a.Body)
}

func searchByNumber(b *harness.Browser, number, note string) local.Answer {
	b.T.Helper()
	return b.Post("/audit/v1/entries/search", map[string]string{"nhsNumber": number, "reason": "other", "note": note})
}

func auditPaths() []string {
	return []string{
		"/audit/session", "/audit/v1/entries", "/audit/v1/checkpoint", "/audit/v1/proof?seq=0&size=1", "/audit/v1/consistency?from=0&to=1",
		"/audit/v1/consents", "/audit/v1/statistics",
	}
}
