package checkpoint

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/patient-care-aggregator/aggregator/internal/keys"
	"github.com/patient-care-aggregator/aggregator/internal/upstream"
)

// HTTPSink posts checkpoints to an endpoint that keeps them: the signed note as
// text/plain, with the token as a Bearer (RFC 6750) where there is one. Any 2xx answer
// means that the note is kept. Its address can hold a secret and is in no error.
type HTTPSink struct {
	url    string
	token  keys.Secret
	client *upstream.Client
}

// NewHTTPSink makes a sink that posts to an https address.
func NewHTTPSink(address string, token keys.Secret, client *upstream.Client) (*HTTPSink, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Host == "" {
		return nil, errors.New("checkpoint sink: an https address is required")
	}
	if client == nil {
		return nil, errors.New("checkpoint sink: a client is required")
	}
	return &HTTPSink{url: address, token: token, client: client}, nil
}

// Publish implements Sink: any 2xx answer means that the note is kept. A redirect
// is a failure.
func (s *HTTPSink) Publish(ctx context.Context, signed []byte) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url, bytes.NewReader(signed))
	if err != nil {
		return fmt.Errorf("publish checkpoint: %w", upstream.WithoutURL(err))
	}
	request.Header.Set("Content-Type", "text/plain; charset=utf-8")
	if !s.token.IsZero() {
		request.Header.Set("Authorization", "Bearer "+s.token.Reveal())
	}
	answer, err := s.client.Do("publish checkpoint", request)
	if err != nil {
		return fmt.Errorf("publish checkpoint: %w", err)
	}
	if answer.Status < 200 || answer.Status > 299 {
		return fmt.Errorf("publish checkpoint: the sink answered with status %d", answer.Status)
	}
	return nil
}
