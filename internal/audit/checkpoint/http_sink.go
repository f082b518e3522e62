package checkpoint

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync/atomic"

	"github.com/patient-care-aggregator/aggregator/internal/keys"
	"github.com/patient-care-aggregator/aggregator/internal/upstream"
)

// Errors of reading an https sink back.
var (
	// ErrNotReadBack says that it is not known what the sink keeps: it cannot be reached,
	// or its answer is not what [HTTPSink] describes. Nothing may be signed; try again.
	ErrNotReadBack = errors.New("the checkpoint sink cannot be read back")
	// ErrWriteOnly says that the sink does not let anybody read: what was published there
	// shows nobody but its keeper that the log was rolled back.
	ErrWriteOnly = errors.New("the checkpoint sink can only be written to")
)

// MaxSinkAnswer is how many bytes of an https sink's answer are read: some 200 notes.
const MaxSinkAnswer = 64 << 10

// HTTPSink is an endpoint that keeps checkpoints. Its address can hold a secret and is in
// no error. Each request has the token as a Bearer (RFC 6750) where there is one.
//
//   - POST has a signed note as text/plain. Any 2xx answer means that the note is kept.
//   - GET returns the newest checkpoint that it keeps, as text/plain; it can return more
//     notes, one behind the other, within [MaxSinkAnswer]. 204 or 404 means that it keeps
//     none yet, 405 or 501 that it cannot be read.
type HTTPSink struct {
	url    string
	token  keys.Secret
	client *upstream.Client
	took   atomic.Bool // a note, from this process
}

// NewHTTPSink makes a sink at an https address. The client bounds time and size of an
// answer; see [MaxSinkAnswer].
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
	request.Header.Set("Content-Type", plainText)
	answer, err := s.do("publish checkpoint", request)
	if err != nil {
		return fmt.Errorf("publish checkpoint: %w", err)
	}
	if answer.Status < 200 || answer.Status > 299 {
		return fmt.Errorf("publish checkpoint: the sink answered with status %d", answer.Status)
	}
	s.took.Store(true)
	return nil
}

// Checkpoints reads back what the sink keeps: at least the newest checkpoint. Errors:
// ErrNotReadBack, ErrWriteOnly.
func (s *HTTPSink) Checkpoints(ctx context.Context, by PublicKeys) (Found, error) {
	if len(by) == 0 {
		return Found{}, errors.New("read back checkpoints: no public key to check them with")
	}
	return s.found(ctx, by)
}

// Check reports whether the sink can be read back, without looking at who signed. Errors as
// those of Checkpoints.
func (s *HTTPSink) Check(ctx context.Context) error {
	_, err := s.found(ctx, nil)
	return err
}

func (s *HTTPSink) found(ctx context.Context, by PublicKeys) (Found, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url, http.NoBody)
	if err != nil {
		return Found{}, fmt.Errorf("%w: %w", ErrNotReadBack, upstream.WithoutURL(err))
	}
	request.Header.Set("Accept", plainText)
	answer, err := s.do("read back checkpoints", request)
	if err != nil {
		return Found{}, fmt.Errorf("%w: %w", ErrNotReadBack, err)
	}
	switch answer.Status {
	case http.StatusOK:
	case http.StatusNoContent, http.StatusNotFound:
		if s.took.Load() { // many servers answer 404 to what they do not offer
			return Found{}, fmt.Errorf("%w: it answers GET with status %d, though it took some", ErrWriteOnly, answer.Status)
		}
		return Found{}, nil
	case http.StatusMethodNotAllowed, http.StatusNotImplemented:
		return Found{}, fmt.Errorf("%w: it answers GET with status %d", ErrWriteOnly, answer.Status)
	default:
		return Found{}, fmt.Errorf("%w: it answers GET with status %d", ErrNotReadBack, answer.Status)
	}
	found, err := read(bytes.NewReader(answer.Body), by)
	switch {
	case err != nil:
		return Found{}, fmt.Errorf("%w: %w", ErrNotReadBack, err)
	case found.CutShort > 0, len(found.Checkpoints)+len(found.Erasures)+found.Foreign == 0:
		return Found{}, fmt.Errorf("%w: its answer to GET is no signed checkpoint", ErrNotReadBack)
	}
	return found, nil
}

const plainText = "text/plain; charset=utf-8"

func (s *HTTPSink) do(operation string, request *http.Request) (upstream.Answer, error) {
	if !s.token.IsZero() {
		request.Header.Set("Authorization", "Bearer "+s.token.Reveal())
	}
	return s.client.Do(operation, request)
}
