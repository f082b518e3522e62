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
