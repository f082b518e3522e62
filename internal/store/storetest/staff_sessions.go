package storetest

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/patient-care-aggregator/aggregator/internal/staff/account"
)

func staffSession(n int) account.Session {
	return account.Session{Hash: hashOf(n), Sealed: []byte("sealed"), SeenAt: noon().Add(time.Duration(n) * time.Minute), ExpiresAt: noon().Add(8 * time.Hour)}
}

func testStaffSessions(t *testing.T, open opener) {
	const most = 10
	known := func(t *testing.T, s Stores, n int) bool {
		t.Helper()
		_, err := s.StaffAccounts.StaffSession(t.Context(), hashOf(n))
		if err != nil && !errors.Is(err, account.ErrNoSession) {
			t.Fatal(err)
		}
		return err == nil
	}

	t.Run("a session reads back as it was, also after a restart and by another process", func(t *testing.T) {
		s := open(t)
		must(t, s.StaffAccounts.AddStaffSession(t.Context(), staffSession(1), most))
		s = s.Reopen(t)
		for _, s := range []Stores{s, s.Beside(t)} {
			got, err := s.StaffAccounts.StaffSession(t.Context(), hashOf(1))
			must(t, err)
			if diff := cmp.Diff(staffSession(1), got); diff != "" {
				t.Error(diff)
			}
		}
	})

	t.Run("one too many ends the one that was seen the longest time ago", func(t *testing.T) {
		s := open(t)
		must(t, s.StaffAccounts.AddStaffSession(t.Context(), staffSession(1), 2))
		must(t, s.StaffAccounts.AddStaffSession(t.Context(), staffSession(2), 2))
		must(t, s.StaffAccounts.TouchStaffSession(t.Context(), hashOf(1), noon().Add(time.Hour)))
		must(t, s.StaffAccounts.AddStaffSession(t.Context(), staffSession(3), 2))
		if !known(t, s, 1) || known(t, s, 2) || !known(t, s, 3) {
			t.Error("another one went")
		}
	})

	t.Run("many who sign in at one time, in two processes, get in, and the next one ends what is too many", func(t *testing.T) {
		s := open(t)
		processes := []Stores{s, s.Beside(t)}
		var wg sync.WaitGroup
		for i := range 40 {
			wg.Go(func() {
				if err := processes[i%2].StaffAccounts.AddStaffSession(t.Context(), staffSession(1+i), 5); err != nil {
					t.Error(err)
				}
			})
			wg.Go(func() {
				if err := processes[i%2].StaffAccounts.RemoveStaffSessions(t.Context(), noon(), noon().Add(time.Duration(min(i, 30))*time.Minute)); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		must(t, s.StaffAccounts.AddStaffSession(t.Context(), staffSession(50), 5))
		left := 0
		for i := range 60 {
			if known(t, s, i) {
				left++
			}
		}
		if left != 5 || !known(t, s, 50) {
			t.Errorf("%d are left", left)
		}
	})

	t.Run("being seen moves a session's time forward only, and passes over one that is gone", func(t *testing.T) {
		s := open(t)
		must(t, s.StaffAccounts.AddStaffSession(t.Context(), staffSession(1), most))
		for _, at := range []time.Time{noon().Add(time.Hour), noon()} {
			must(t, s.StaffAccounts.TouchStaffSession(t.Context(), hashOf(1), at))
		}
		must(t, s.StaffAccounts.TouchStaffSession(t.Context(), hashOf(2), noon()))
		got, err := s.StaffAccounts.StaffSession(t.Context(), hashOf(1))
		if must(t, err); !got.SeenAt.Equal(noon().Add(time.Hour)) {
			t.Errorf("seen at %v", got.SeenAt)
		}
	})

	t.Run("of many who replace one session, in two processes, one does", func(t *testing.T) {
		s := open(t)
		processes := []Stores{s, s.Beside(t)}
		must(t, s.StaffAccounts.AddStaffSession(t.Context(), staffSession(1), most))
		var won atomic.Int64
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				err := processes[i%2].StaffAccounts.ReplaceStaffSession(t.Context(), hashOf(1), staffSession(10+i))
				if err == nil {
					won.Add(1)
				} else if !errors.Is(err, account.ErrNoSession) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		left := 0
		for i := range 8 {
			if known(t, s, 10+i) {
				left++
			}
		}
		if won.Load() != 1 || left != 1 || known(t, s, 1) {
			t.Errorf("%d did, and %d are left", won.Load(), left)
		}
	})

	t.Run("what ended is gone: by name, by its age, and unused", func(t *testing.T) {
		s := open(t)
		for n := 1; n <= 4; n++ {
			r := staffSession(n)
			if n == 2 {
				r.ExpiresAt = noon()
			}
			must(t, s.StaffAccounts.AddStaffSession(t.Context(), r, most))
		}
		for range 2 { // ending it twice is harmless
			must(t, s.StaffAccounts.RemoveStaffSession(t.Context(), hashOf(1)))
		}
		must(t, s.StaffAccounts.RemoveStaffSessions(t.Context(), noon().Add(time.Minute), noon().Add(3*time.Minute+time.Second)))
		if known(t, s, 1) || known(t, s, 2) || known(t, s, 3) || !known(t, s, 4) {
			t.Error("others are left")
		}
	})
}
