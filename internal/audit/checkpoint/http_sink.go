package checkpoint

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

// HTTPSink posts checkpoints to an endpoint that keeps them.
type HTTPSink struct {
	url    string
	client *http.Client
}

// NewHTTPSink makes a sink that posts to an https address. The client MUST have a timeout; the
// sink never follows a redirect.
func NewHTTPSink(address string, client *http.Client) (*HTTPSink, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Host == "" {
		return nil, errors.New("checkpoint sink: an https address is required")
	}
	if client == nil || client.Timeout <= 0 {
		return nil, errors.New("checkpoint sink: a client with a timeout is required")
	}
	own := *client
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &HTTPSink{url: address, client: &own}, nil
}

// Publish implements Sink: any 2xx answer means that the note is kept.
func (s *HTTPSink) Publish(ctx context.Context, signed []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url, bytes.NewReader(signed))
	if err != nil {
		return fmt.Errorf("publish checkpoint: %w", err)
	}
	req.Header.Set("Content-Type", "text/plain; charset=utf-8")
	resp, err := s.client.Do(req)
	if err != nil {
		return fmt.Errorf("publish checkpoint: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10)) // lets the connection be used again
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return fmt.Errorf("publish checkpoint: the sink answered %d", resp.StatusCode)
	}
	return nil
}
