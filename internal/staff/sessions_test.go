package staff_test

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/keys"
	"github.com/patient-care-aggregator/aggregator/internal/staff"
	"github.com/patient-care-aggregator/aggregator/internal/staff/account"
	"github.com/patient-care-aggregator/aggregator/internal/store"
)

// signedIn are sessions in a store of their own.
type signedIn struct {
	t    *testing.T
	all  *staff.Sessions
	rows account.SessionStore
	now  func() time.Time
}

func (s *signedIn) Start(m staff.Member) (string, staff.Session) {
	s.t.Helper()
	secret, started, err := s.all.Start(s.t.Context(), m)
	if err != nil {
		s.t.Fatal(err)
	}
	return secret, started
}

func (s *signedIn) Find(secret string) (staff.Session, error) {
	return s.all.Find(s.t.Context(), secret)
}

func (s *signedIn) Renew(secret string, m staff.Member) (string, staff.Session, error) {
	return s.all.Renew(s.t.Context(), secret, m)
}

func (s *signedIn) End(secret string) {
	s.t.Helper()
	if err := s.all.End(s.t.Context(), secret); err != nil {
		s.t.Fatal(err)
	}
}

func TestSessions(t *testing.T) {
	t.Parallel()
	begin := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	setUp := func(t *testing.T) (*signedIn, *time.Time) {
		t.Helper()
		now := begin
		db, err := store.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "care.db"), store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		ring, err := keys.Parse([]byte(keys.Generate("1")))
		if err != nil {
			t.Fatal(err)
		}
		clock := func() time.Time { return now }
		return &signedIn{t, staff.NewSessions(db.StaffAccounts(), ring, clock, rand.Reader), db.StaffAccounts(), clock}, &now
	}
	ada := staff.Member{Pseudonym: "staff:ada"}

	t.Run("a session that is proved again in time lasts a working day and no longer", func(t *testing.T) {
		t.Parallel()
		s, now := setUp(t)
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
		s, now := setUp(t)
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
		s, _ := setUp(t)
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
		s, _ := setUp(t)
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
		s, now := setUp(t)
		secret, _ := s.Start(ada)
		*now = now.Add(staff.Idle + time.Second)
		if _, err := s.Find(secret); !errors.Is(err, staff.ErrNoSession) {
			t.Errorf("found: %v", err)
		}
	})
	t.Run("an ended session is not found, and ending it twice is harmless", func(t *testing.T) {
		t.Parallel()
		s, _ := setUp(t)
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
	t.Run("use is noted to a minute, and a session that is used goes on", func(t *testing.T) {
		t.Parallel()
		s, now := setUp(t)
		secret, _ := s.Start(ada)
		*now = begin.Add(staff.Proved - time.Second)
		if _, err := s.Find(secret); err != nil {
			t.Error(err)
		}
		*now = now.Add(staff.Idle)
		if _, err := s.Find(secret); !errors.Is(err, staff.ErrUnproved) {
			t.Errorf("half an hour after its last use: %v", err)
		}
	})
	t.Run("a session that somebody wrote into the database, or one of a key that was dropped, is none", func(t *testing.T) {
		t.Parallel()
		s, _ := setUp(t)
		secret, _ := s.Start(ada)
		row, err := s.rows.StaffSession(t.Context(), sha256.Sum256([]byte(secret)))
		if err != nil {
			t.Fatal(err)
		}
		row.Hash = sha256.Sum256([]byte("chosen"))
		if err := s.rows.AddStaffSession(t.Context(), row, staff.Most); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Find("chosen"); !errors.Is(err, staff.ErrNoSession) {
			t.Errorf("the content of another row: %v", err)
		}
		other, err := keys.Parse([]byte(keys.Generate("1")))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := staff.NewSessions(s.rows, other, s.now, rand.Reader).Find(t.Context(), secret); !errors.Is(err, staff.ErrNoSession) {
			t.Errorf("under another key: %v", err)
		}
	})
	t.Run("where the store cannot tell, a session is neither there nor ended", func(t *testing.T) {
		t.Parallel()
		s, _ := setUp(t)
		secret, _ := s.Start(ada)
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := s.all.Find(gone, secret); err == nil || errors.Is(err, staff.ErrNoSession) {
			t.Errorf("found: %v", err)
		}
	})
	t.Run("an unknown secret finds no session", func(t *testing.T) {
		t.Parallel()
		s, _ := setUp(t)
		s.Start(ada)
		for _, secret := range []string{"", "x", "staff:ada"} {
			if _, err := s.Find(secret); !errors.Is(err, staff.ErrNoSession) {
				t.Errorf("%q: %v", secret, err)
			}
		}
	})
}
