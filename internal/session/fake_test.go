package session_test

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/session"
)

var errStore = errors.New("the store is away")

// store keeps sessions in memory and fails when ordered to.
type store struct {
	mu       sync.Mutex
	sessions map[[32]byte]session.Record
	entries  []audit.Kind
	reads    int
	touched  []map[[32]byte]time.Time
	fails    error
	onRead   func() // before a session is given
}

func newStore() *store {
	return &store{sessions: map[[32]byte]session.Record{}}
}

func (s *store) AddSession(_ context.Context, r session.Record, e audit.Entry) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fails != nil {
		return s.fails
	}
	s.sessions[r.Hash] = r
	s.entries = append(s.entries, e.Kind)
	return nil
}

func (s *store) Session(_ context.Context, hash [32]byte) (session.Record, error) {
	s.mu.Lock()
	s.reads++
	r, ok := s.sessions[hash]
	hook, fails := s.onRead, s.fails
	s.mu.Unlock()
	if hook != nil {
		hook()
	}
	switch {
	case fails != nil:
		return session.Record{}, fails
	case !ok:
		return session.Record{}, session.ErrNone
	}
	return r, nil
}

func (s *store) TouchSessions(_ context.Context, seen map[[32]byte]time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fails != nil {
		return s.fails
	}
	s.touched = append(s.touched, seen)
	for hash, at := range seen {
		if r, ok := s.sessions[hash]; ok {
			r.SeenAt = at
			s.sessions[hash] = r
		}
	}
	return nil
}

func (s *store) RemoveSession(_ context.Context, hash [32]byte, e audit.Entry) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fails != nil {
		return s.fails
	}
	if _, ok := s.sessions[hash]; !ok {
		return session.ErrNone
	}
	delete(s.sessions, hash)
	s.entries = append(s.entries, e.Kind)
	return nil
}

func (s *store) ReplaceSession(_ context.Context, old [32]byte, ended audit.Entry, r session.Record, started audit.Entry) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fails != nil {
		return s.fails
	}
	if _, ok := s.sessions[old]; !ok {
		return session.ErrNone
	}
	delete(s.sessions, old)
	s.sessions[r.Hash] = r
	s.entries = append(s.entries, ended.Kind, started.Kind)
	return nil
}

func (s *store) RemoveExpiredSessions(_ context.Context, before, idleBefore time.Time) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for hash, r := range s.sessions {
		if r.ExpiresAt.Before(before) || r.SeenAt.Before(idleBefore) {
			delete(s.sessions, hash)
			n++
		}
	}
	return n, s.fails
}

// citizens knows one citizen.
type citizens struct{ known citizen.Citizen }

func (c citizens) Find(_ context.Context, ref citizen.Ref) (citizen.Citizen, error) {
	if ref != c.known.Ref {
		return citizen.Citizen{}, citizen.ErrNoSubject
	}
	return c.known, nil
}
