package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/session"
)

func testSessions(t *testing.T, open opener) {
	withAnn := func(t *testing.T) Stores {
		t.Helper()
		s := open(t)
		_, err := s.Subjects.AddSubject(t.Context(), person(ann, 1))
		must(t, err)
		return s
	}

	t.Run("a session reads back as it was, with its entry in the log, also after a restart", func(t *testing.T) {
		s := withAnn(t)
		must(t, s.Sessions.AddSession(t.Context(), sessionOf(ann, 1), refused(ann, noon())))
		s = s.Reopen(t)
		got, err := s.Sessions.Session(t.Context(), hashOf(1))
		must(t, err)
		if diff := cmp.Diff(sessionOf(ann, 1), got); diff != "" {
			t.Error(diff)
		}
		if n := len(entries(t, s.Log)); n != 1 {
			t.Errorf("%d entries", n)
		}
	})

	t.Run("a session whose entry is refused is not kept, and one that is not kept leaves no entry", func(t *testing.T) {
		s := withAnn(t)
		if err := s.Sessions.AddSession(t.Context(), sessionOf(ann, 1), invalid()); !errors.Is(err, audit.ErrInvalidEntry) {
			t.Error(err)
		}
		if _, err := s.Sessions.Session(t.Context(), hashOf(1)); !errors.Is(err, session.ErrNone) {
			t.Error(err)
		}
		if err := s.Sessions.AddSession(t.Context(), sessionOf(bob, 2), refused(bob, noon())); !errors.Is(err, citizen.ErrNoSubject) {
			t.Errorf("a session of nobody: %v", err)
		}
		if n := len(entries(t, s.Log)); n != 0 {
			t.Errorf("%d entries", n)
		}
	})

	t.Run("of many sign-outs of one session one is logged", func(t *testing.T) {
		s := withAnn(t)
		must(t, s.Sessions.AddSession(t.Context(), sessionOf(ann, 1), refused(ann, noon())))
		won, errs := race(20, func(int) error {
			return s.Sessions.RemoveSession(t.Context(), hashOf(1), refused(ann, noon()))
		})
		if won != 1 {
			t.Fatalf("%d won: %v", won, errs)
		}
		for _, err := range errs {
			if !errors.Is(err, session.ErrNone) {
				t.Error(err)
			}
		}
		if n := len(entries(t, s.Log)); n != 2 {
			t.Errorf("%d entries", n)
		}
	})

	t.Run("a new session takes the place of the old one, with both entries in one act, also after a restart", func(t *testing.T) {
		s := withAnn(t)
		must(t, s.Sessions.AddSession(t.Context(), sessionOf(ann, 1), refused(ann, noon())))
		ended, started := refused(ann, noon()), refused(ann, noon())
		ended.Kind, started.Kind = audit.SignedOut, audit.SignedIn
		must(t, s.Sessions.ReplaceSession(t.Context(), hashOf(1), ended, sessionOf(ann, 2), started))
		s = s.Reopen(t)
		if _, err := s.Sessions.Session(t.Context(), hashOf(1)); !errors.Is(err, session.ErrNone) {
			t.Errorf("the old one: %v", err)
		}
		got, err := s.Sessions.Session(t.Context(), hashOf(2))
		must(t, err)
		if diff := cmp.Diff(sessionOf(ann, 2), got); diff != "" {
			t.Error(diff)
		}
		if all := entries(t, s.Log); len(all) != 3 || all[1].Kind != audit.SignedOut || all[2].Kind != audit.SignedIn {
			t.Errorf("entries %+v", all)
		}
	})

	t.Run("where the old session or the citizen is absent, or an entry is refused, nothing is replaced", func(t *testing.T) {
		s := withAnn(t)
		must(t, s.Sessions.AddSession(t.Context(), sessionOf(ann, 1), refused(ann, noon())))
		e := refused(ann, noon())
		for _, c := range []struct {
			old            int
			who            citizen.Ref
			ended, started audit.Entry
			want           error
		}{
			{old: 2, who: ann, ended: e, started: e, want: session.ErrNone},
			{old: 1, who: bob, ended: e, started: e, want: citizen.ErrNoSubject},
			{old: 1, who: ann, ended: invalid(), started: e, want: audit.ErrInvalidEntry},
			{old: 1, who: ann, ended: e, started: invalid(), want: audit.ErrInvalidEntry},
		} {
			if err := s.Sessions.ReplaceSession(t.Context(), hashOf(c.old), c.ended, sessionOf(c.who, 3), c.started); !errors.Is(err, c.want) {
				t.Errorf("%v instead of %v", err, c.want)
			}
		}
		if _, err := s.Sessions.Session(t.Context(), hashOf(1)); err != nil {
			t.Errorf("the old one: %v", err)
		}
		if _, err := s.Sessions.Session(t.Context(), hashOf(3)); !errors.Is(err, session.ErrNone) {
			t.Errorf("the new one: %v", err)
		}
		if n := len(entries(t, s.Log)); n != 1 {
			t.Errorf("%d entries", n)
		}
	})

	t.Run("all sessions of a citizen, or of everybody, end with one entry", func(t *testing.T) {
		s := withAnn(t)
		_, err := s.Subjects.AddSubject(t.Context(), person(bob, 2))
		must(t, err)
		for n, ref := range []citizen.Ref{ann, ann, bob} {
			must(t, s.Sessions.AddSession(t.Context(), sessionOf(ref, n), refused(ref, noon())))
		}
		end := func(ref citizen.Ref, e audit.Entry, want int, wantErr error) {
			t.Helper()
			if n, err := s.Sessions.EndSessions(t.Context(), ref, e); n != want || !errors.Is(err, wantErr) {
				t.Errorf("%d ended instead of %d, %v", n, want, err)
			}
		}
		end(ann, invalid(), 0, audit.ErrInvalidEntry)
		end(ann, refused(ann, noon()), 2, nil)
		_, err = s.Sessions.Session(t.Context(), hashOf(2))
		must(t, err) // bob's
		end(ann, refused(ann, noon()), 0, nil)
		end("", refused("", noon()), 1, nil)
		if n := len(entries(t, s.Log)); n != 6 {
			t.Errorf("%d entries", n)
		}
	})

	t.Run("being seen moves a session's time forward only, and passes over one that is gone", func(t *testing.T) {
		s := withAnn(t)
		must(t, s.Sessions.AddSession(t.Context(), sessionOf(ann, 1), refused(ann, noon())))
		later := noon().Add(time.Minute)
		must(t, s.Sessions.TouchSessions(t.Context(), map[[32]byte]time.Time{hashOf(1): later, hashOf(2): later}))
		must(t, s.Sessions.TouchSessions(t.Context(), map[[32]byte]time.Time{hashOf(1): noon()}))
		must(t, s.Sessions.TouchSessions(t.Context(), nil))
		got, err := s.Sessions.Session(t.Context(), hashOf(1))
		must(t, err)
		if !got.SeenAt.Equal(later) {
			t.Errorf("seen at %v", got.SeenAt)
		}
	})

	t.Run("what expired and what nobody used is forgotten, and nothing else", func(t *testing.T) {
		s := withAnn(t)
		expired, idle, live := sessionOf(ann, 1), sessionOf(ann, 2), sessionOf(ann, 3)
		expired.ExpiresAt = noon().Add(time.Hour - 1)
		expired.SeenAt = noon().Add(time.Hour)
		idle.SeenAt = noon().Add(30*time.Minute - 1)
		live.SeenAt = noon().Add(30 * time.Minute)
		for _, r := range []session.Record{expired, idle, live} {
			must(t, s.Sessions.AddSession(t.Context(), r, refused(ann, noon())))
		}
		n, err := s.Sessions.RemoveExpiredSessions(t.Context(), noon().Add(time.Hour), noon().Add(30*time.Minute))
		must(t, err)
		if n != 2 {
			t.Errorf("%d were forgotten", n)
		}
		if _, err := s.Sessions.Session(t.Context(), live.Hash); err != nil {
			t.Error(err)
		}
	})
}
