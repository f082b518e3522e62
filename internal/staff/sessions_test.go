package staff_test

import (
	"crypto/rand"
	"errors"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/staff"
)

func TestSessions(t *testing.T) {
	t.Parallel()
	begin := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	setUp := func() (*staff.Sessions, *time.Time) {
		now := begin
		s, err := staff.NewSessions(func() time.Time { return now }, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return s, &now
	}
	ada := staff.Member{Pseudonym: "staff:ada"}

	t.Run("a session used every half hour lasts a working day and no longer", func(t *testing.T) {
		t.Parallel()
		s, now := setUp()
		secret, started := s.Start(ada)
		for now.Before(begin.Add(staff.Life - staff.Idle)) {
			*now = now.Add(staff.Idle)
			if found, err := s.Find(secret); err != nil || found.Member != ada {
				t.Fatalf("after %v: %v, %v", now.Sub(begin), found, err)
			}
		}
		*now = begin.Add(staff.Life)
		if _, err := s.Find(secret); !errors.Is(err, staff.ErrNoSession) {
			t.Errorf("found after %v: %v", staff.Life, err)
		}
		if !started.ExpiresAt.Equal(begin.Add(staff.Life)) {
			t.Errorf("it said %v", started.ExpiresAt)
		}
	})
	t.Run("an unused session ends", func(t *testing.T) {
		t.Parallel()
		s, now := setUp()
		secret, _ := s.Start(ada)
		*now = now.Add(staff.Idle + time.Second)
		if _, err := s.Find(secret); !errors.Is(err, staff.ErrNoSession) {
			t.Errorf("found: %v", err)
		}
	})
	t.Run("an ended session is not found, and ending it twice is harmless", func(t *testing.T) {
		t.Parallel()
		s, _ := setUp()
		secret, _ := s.Start(ada)
		other, _ := s.Start(ada)
		s.End(secret)
		s.End(secret)
		if _, err := s.Find(secret); !errors.Is(err, staff.ErrNoSession) {
			t.Errorf("found: %v", err)
		}
		if _, err := s.Find(other); err != nil {
			t.Errorf("another session of the same person ended too: %v", err)
		}
	})
	t.Run("too many sessions sign out who has been idle for longest", func(t *testing.T) {
		t.Parallel()
		s, _ := setUp()
		used, _ := s.Start(ada)
		unused, _ := s.Start(ada)
		for range staff.Most - 1 {
			if _, err := s.Find(used); err != nil {
				t.Fatal(err)
			}
			s.Start(ada)
		}
		if _, err := s.Find(unused); !errors.Is(err, staff.ErrNoSession) {
			t.Errorf("found: %v", err)
		}
		if _, err := s.Find(used); err != nil {
			t.Error(err)
		}
	})
	t.Run("an unknown secret finds no session", func(t *testing.T) {
		t.Parallel()
		s, _ := setUp()
		s.Start(ada)
		for _, secret := range []string{"", "x", "staff:ada"} {
			if _, err := s.Find(secret); !errors.Is(err, staff.ErrNoSession) {
				t.Errorf("%q: %v", secret, err)
			}
		}
	})
}
