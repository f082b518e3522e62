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

	t.Run("a session that is proved again in time lasts a working day and no longer", func(t *testing.T) {
		t.Parallel()
		s, now := setUp()
		secret, started := s.Start(ada)
		for *now = now.Add(staff.Idle); now.Before(begin.Add(staff.Life)); *now = now.Add(staff.Idle) {
			if found, err := s.Find(secret); !errors.Is(err, staff.ErrUnproved) || found.Member.Pseudonym != ada.Pseudonym {
				t.Fatalf("after %v: %v, %v", now.Sub(begin), found, err)
			}
			old := secret
			var err error
			if secret, _, err = s.Renew(secret, ada); err != nil {
				t.Fatalf("after %v: %v", now.Sub(begin), err)
			}
			if _, err := s.Find(old); !errors.Is(err, staff.ErrNoSession) {
				t.Fatalf("the old secret still holds: %v", err)
			}
			if found, err := s.Find(secret); err != nil || !found.SignedIn.Equal(begin) {
				t.Fatalf("%+v, %v", found, err)
			}
		}
		if _, err := s.Find(secret); !errors.Is(err, staff.ErrNoSession) {
			t.Errorf("found after %v: %v", staff.Life, err)
		}
		if _, _, err := s.Renew(secret, ada); !errors.Is(err, staff.ErrNoSession) {
			t.Errorf("renewed after %v: %v", staff.Life, err)
		}
		if !started.ExpiresAt.Equal(begin.Add(staff.Life)) {
			t.Errorf("it said %v", started.ExpiresAt)
		}
	})
	t.Run("what the provider said holds for a quarter of an hour, and asking meanwhile is no use of the session", func(t *testing.T) {
		t.Parallel()
		s, now := setUp()
		secret, _ := s.Start(ada)
		*now = begin.Add(staff.Proved - time.Second)
		if _, err := s.Find(secret); err != nil {
			t.Error(err)
		}
		for *now = begin.Add(staff.Proved); now.Before(begin.Add(staff.Proved + staff.Idle)); *now = now.Add(time.Minute) {
			if _, err := s.Find(secret); !errors.Is(err, staff.ErrUnproved) {
				t.Fatalf("after %v: %v", now.Sub(begin), err)
			}
		}
		if _, err := s.Find(secret); !errors.Is(err, staff.ErrNoSession) {
			t.Errorf("it went on for ever: %v", err)
		}
	})
	t.Run("nobody goes on with somebody else's session", func(t *testing.T) {
		t.Parallel()
		s, _ := setUp()
		secret, _ := s.Start(ada)
		if _, _, err := s.Renew(secret, staff.Member{Pseudonym: "staff:eve"}); !errors.Is(err, staff.ErrNoSession) {
			t.Error(err)
		}
		if _, err := s.Find(secret); err != nil {
			t.Error(err)
		}
	})
	t.Run("a role that is taken away is gone once it is proved again", func(t *testing.T) {
		t.Parallel()
		s, _ := setUp()
		secret, _ := s.Start(staff.Member{Pseudonym: "staff:ada", Roles: staff.Roles()})
		secret, _, err := s.Renew(secret, staff.Member{Pseudonym: "staff:ada", Roles: []staff.Role{staff.Count}})
		if err != nil {
			t.Fatal(err)
		}
		if found, err := s.Find(secret); err != nil || found.Member.May(staff.Search) || !found.Member.May(staff.Count) {
			t.Errorf("%+v, %v", found, err)
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
