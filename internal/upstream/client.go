package upstream

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// ErrTooLarge says that an answer was longer than the client reads. The caller
// treats the answer as unusable.
var ErrTooLarge = errors.New("upstream answer is too large")

// Observe is called for every request that ended: status 0 means that no answer came.
type Observe func(operation string, status int, took time.Duration)

// Options are what a Client needs; all but Wrap are required.
type Options struct {
	Name     string        // of the upstream, such as "nhs-login"
	Timeout  time.Duration // for one request, answer read to its end
	MaxBytes int64         // of one answer's body, after decompression
	Observe  Observe
	Tracer   trace.Tracer
	Now      func() time.Time
	// Wrap, when not nil, wraps the transport between this client and its connections.
	Wrap func(http.RoundTripper) http.RoundTripper
}

// Client asks one upstream.
type Client struct {
	o         Options
	http      *http.Client
	transport http.RoundTripper
	sockets   *http.Transport
}

// Answer is a complete answer.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// NewClient makes a client with connections of its own.
func NewClient(o Options) *Client {
	c := &Client{o: o, sockets: newTransport()}
	c.transport = c.sockets
	if o.Wrap != nil {
		c.transport = o.Wrap(c.sockets)
	}
	c.http = &http.Client{
		Transport: (*measured)(c),
		Timeout:   o.Timeout,
		// A redirect could send a token or an NHS number to another host.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return c
}

// newTransport returns a transport with a time limit for every step.
func newTransport() *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: 3 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           128,
		MaxIdleConnsPerHost:    64,
		IdleConnTimeout:        90 * time.Second,
		TLSHandshakeTimeout:    3 * time.Second,
		ExpectContinueTimeout:  time.Second,
		MaxResponseHeaderBytes: 64 << 10,
	}
}

// HTTP returns the underlying client for libraries that want one. Their requests
// are limited and measured in the same way, under the upstream's name.
func (c *Client) HTTP() *http.Client { return c.http }

// Do sends a request and reads the answer to its end. The operation is a
// template, such as "ers A001": it names spans and metrics and MUST NOT carry
// anything of the request itself. Any status is an answer; an error means that
// there was no answer, and does not contain the URL.
func (c *Client) Do(operation string, r *http.Request) (Answer, error) {
	ctx := context.WithValue(r.Context(), operationKey{}, operation)
	response, err := c.http.Do(r.WithContext(ctx)) //nolint:gosec // the address is the operator's configuration
	if err != nil {
		return Answer{}, WithoutURL(err)
	}
	defer response.Body.Close() //nolint:errcheck // the body was read or is not needed
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return Answer{}, fmt.Errorf("read answer: %w", safe(err))
	}
	return Answer{Status: response.StatusCode, Header: response.Header, Body: body}, nil
}

// Close ends idle connections.
func (c *Client) Close() { c.sockets.CloseIdleConnections() }

type operationKey struct{}

// measured is the client's transport: it limits the body's size, and reports to
// Observe how long each request took until its body was closed.
type measured Client

// RoundTrip implements http.RoundTripper.
func (m *measured) RoundTrip(r *http.Request) (*http.Response, error) {
	operation, ok := r.Context().Value(operationKey{}).(string)
	if !ok {
		operation = m.o.Name
	}
	started := m.o.Now()
	ctx, span := m.o.Tracer.Start(r.Context(), operation, trace.WithSpanKind(trace.SpanKindClient))
	response, err := m.transport.RoundTrip(r.WithContext(ctx))
	status := 0
	if err == nil {
		status = response.StatusCode
	}
	done := func() {
		span.SetAttributes(attribute.Int("http.response.status_code", status))
		if status == 0 || status >= http.StatusInternalServerError {
			span.SetStatus(codes.Error, "")
		}
		span.End()
		m.o.Observe(operation, status, m.o.Now().Sub(started))
	}
	if err != nil {
		done()
		return nil, err
	}
	// net/http reads Location before it asks whether to follow, and quotes it in
	// an error when it is not a URL. This client never follows it.
	response.Header.Del("Location")
	response.Body = &boundedBody{body: response.Body, left: m.o.MaxBytes, done: done}
	return response, nil
}

type boundedBody struct {
	body io.ReadCloser
	left int64
	done func()
}

// Read returns ErrTooLarge instead of the first byte beyond the limit.
func (b *boundedBody) Read(p []byte) (int, error) {
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.body.Read(p)
	if int64(n) > b.left {
		return int(b.left), ErrTooLarge
	}
	b.left -= int64(n)
	return n, err
}

// Close reports the end of the request to Observe, once.
func (b *boundedBody) Close() error {
	if b.done != nil {
		b.done()
		b.done = nil
	}
	return b.body.Close()
}
