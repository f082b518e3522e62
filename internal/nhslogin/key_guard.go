package nhslogin

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// keyGuard stands in front of the key set's address. go-oidc fetches the keys
// anew for every token with an unknown key id, so a stranger could make this
// service hammer NHS login: beyond a few fetches a minute the last answer is
// given again.
type keyGuard struct {
	next  http.RoundTripper
	now   func() time.Time
	limit *rate.Limiter

	mu     sync.Mutex
	status int
	header http.Header
	body   []byte
}

func newKeyGuard(next http.RoundTripper, now func() time.Time) *keyGuard {
	const every, burst = 15 * time.Second, 4
	return &keyGuard{next: next, now: now, limit: rate.NewLimiter(rate.Every(every), burst)}
}

// RoundTrip implements http.RoundTripper.
func (g *keyGuard) RoundTrip(r *http.Request) (*http.Response, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.status == http.StatusOK && !g.limit.AllowN(g.now(), 1) {
		return g.answer(r), nil
	}
	response, err := g.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close() //nolint:errcheck // read to its end or given up
	const largest = 1 << 20
	body, err := io.ReadAll(io.LimitReader(response.Body, largest))
	if err != nil {
		return nil, fmt.Errorf("read key set: %w", err)
	}
	if response.StatusCode == http.StatusOK {
		g.status, g.header, g.body = response.StatusCode, response.Header, body
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	return response, nil
}

func (g *keyGuard) answer(r *http.Request) *http.Response {
	return &http.Response{
		Status: http.StatusText(g.status), StatusCode: g.status, Header: g.header.Clone(),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Body: io.NopCloser(bytes.NewReader(g.body)), ContentLength: int64(len(g.body)), Request: r,
	}
}
