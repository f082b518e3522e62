package oidctest

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace/noop"

	"github.com/patient-care-aggregator/aggregator/internal/session"
	"github.com/patient-care-aggregator/aggregator/internal/upstream"
)

// Store is a one-time store in memory. The zero value is ready.
type Store struct {
	mu     sync.Mutex
	Values map[string][]byte // by kind and hash, for tests to look at and to spoil
	ends   map[string]time.Time
	Fails  error // what every call returns, when not nil
}

// Put keeps a value.
func (s *Store) Put(_ context.Context, kind string, hash [32]byte, value []byte, expiresAt time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.Values == nil {
		s.Values, s.ends = map[string][]byte{}, map[string]time.Time{}
	}
	name := fmt.Sprintf("%s %x", kind, hash)
	s.Values[name], s.ends[name] = value, expiresAt
	return s.Fails
}

// Take returns a value once.
func (s *Store) Take(_ context.Context, kind string, hash [32]byte, now time.Time) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := fmt.Sprintf("%s %x", kind, hash)
	value, ok := s.Values[name]
	delete(s.Values, name)
	switch {
	case s.Fails != nil:
		return nil, s.Fails
	case !ok || !now.Before(s.ends[name]):
		return nil, session.ErrNone
	}
	return value, nil
}

// HTTP is a bounded client as the service has one.
func HTTP(t testing.TB, now func() time.Time) *http.Client {
	t.Helper()
	const timeout, largest = 2 * time.Second, 1 << 20
	c := upstream.NewClient(upstream.Options{
		Name: "provider", Timeout: timeout, MaxBytes: largest, Observe: func(string, int, time.Duration) {},
		Tracer: noop.NewTracerProvider().Tracer("test"), Now: now,
	})
	t.Cleanup(c.Close)
	return c.HTTP()
}
