package nhslogin

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// errNoKeySet says that NHS login does not give its keys; signing in waits.
var errNoKeySet = errors.New("NHS login gives no key set")

// keyGuard stands in front of the key set's address. go-oidc fetches the keys
// anew for every token with an unknown key id, so a stranger could make this
// service hammer NHS login: beyond a few fetches a minute the last key set is
// given again. What is no key set is an error and never given again.
type keyGuard struct {
	next  http.RoundTripper
	now   func() time.Time
	limit *rate.Limiter

	mu   sync.Mutex
	body []byte // the last key set; nil when there was none
}

func newKeyGuard(next http.RoundTripper, now func() time.Time) *keyGuard {
	const every, burst = 15 * time.Second, 4
	return &keyGuard{next: next, now: now, limit: rate.NewLimiter(rate.Every(every), burst)}
}

// RoundTrip implements http.RoundTripper.
func (g *keyGuard) RoundTrip(r *http.Request) (*http.Response, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.body != nil && !g.limit.AllowN(g.now(), 1) {
		return keySetAnswer(r, g.body), nil
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
	if response.StatusCode != http.StatusOK || !isKeySet(body) {
		return nil, errNoKeySet
	}
	g.body = body
	return keySetAnswer(r, body), nil
}

// isKeySet tells a JWK Set (RFC 7517, 5) from a page that a gateway sent for it.
func isKeySet(body []byte) bool {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	return json.Unmarshal(body, &set) == nil && set.Keys != nil
}

func keySetAnswer(r *http.Request, body []byte) *http.Response {
	return &http.Response{
		Status: http.StatusText(http.StatusOK), StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}},
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)), Request: r,
	}
}
