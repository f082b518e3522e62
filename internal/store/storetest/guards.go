package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/client"
	"github.com/patient-care-aggregator/aggregator/internal/clocktest"
	"github.com/patient-care-aggregator/aggregator/internal/consent"
)

func released(who citizen.Ref, at time.Time) audit.Entry {
	e := refused(who, at)
	e.Kind, e.Outcome, e.Reason = audit.DataReleased, audit.Succeeded, ""
	return e
}

// guardParts are what a decision about ann relied on: her first consent event,
// her session, and an hour.
func guardParts() audit.GuardParts {
	return audit.GuardParts{
		Citizen: ann, Client: app, ConsentSeq: 1, Session: hashOf(1), Until: noon().Add(time.Hour),
	}
}

func consentEvent(kind consent.Kind, id client.ID, seq int64) consent.Event {
	e := grant(ann, seq)
	e.Kind, e.Client = kind, id
	if kind == consent.Withdrawn {
		e.ID = "consent-1"
	}
	return e
}

// signedIn is a database in which ann has a consent to the app and a session, and bob
// has a session.
func signedIn(t *testing.T, open Open) (Stores, *clocktest.Clock) {
	t.Helper()
	c := clocktest.At(noon())
	s := open(t, c.Now)
	for i, ref := range []citizen.Ref{ann, bob} {
		_, err := s.Subjects.AddSubject(t.Context(), person(ref, i+1))
		must(t, err)
		must(t, s.Sessions.AddSession(t.Context(), sessionOf(ref, i+1), refused(ref, noon())))
	}
	must(t, s.Consents.Record(t.Context(), 0, grant(ann, 1), refused(ann, noon())))
	return s, c
}

// withdraw ends ann's consent to the app.
func withdraw(t *testing.T, s Stores) {
	t.Helper()
	must(t, s.Consents.Record(t.Context(), 1, consentEvent(consent.Withdrawn, app, 2), refused(ann, noon())))
}

func testGuards(t *testing.T, open Open) {
	set := func(t *testing.T) (Stores, *clocktest.Clock) {
		t.Helper()
		return signedIn(t, open)
	}
	// releases tries to append under a guard, and checks that an error wrote nothing.
	releases := func(t *testing.T, s Stores, g audit.Guard, want error, e ...audit.Entry) {
		t.Helper()
		before := len(entries(t, s.Log))
		written, err := s.Log.Append(t.Context(), g, e...)
		if !errors.Is(err, want) {
			t.Errorf("error %v instead of %v", err, want)
		}
		n := 0
		if want == nil {
			n = len(e)
		}
		if written.Count != n {
			t.Errorf("%d entries are reported as written", written.Count)
		}
		if got := len(entries(t, s.Log)) - before; got != n {
			t.Errorf("%d entries were written", got)
		}
	}

	t.Run("a decision that still holds is written", func(t *testing.T) {
		s, _ := set(t)
		releases(t, s, audit.NewGuard(guardParts()), nil, refused(ann, noon()), released(ann, noon()))
	})

	t.Run("data is refused without a guard, without any consent, and about anybody else", func(t *testing.T) {
		s, _ := set(t)
		notModified, own := released(ann, noon()), released(ann, noon())
		notModified.Kind, own.Kind = audit.DataNotModified, audit.SubjectAccess
		for _, e := range []audit.Entry{released(ann, noon()), notModified, own} {
			releases(t, s, audit.Guard{}, audit.ErrInvalidEntry, e)
			releases(t, s, audit.Guard{}, audit.ErrInvalidEntry, refused(ann, noon()), e)
		}
		p := guardParts()
		p.ConsentSeq = 0
		releases(t, s, audit.NewGuard(p), audit.ErrInvalidEntry, released(ann, noon()))
		p = guardParts()
		p.Session = [32]byte{}
		releases(t, s, audit.NewGuard(p), audit.ErrInvalidEntry, released(ann, noon()))
		releases(t, s, audit.NewGuard(guardParts()), audit.ErrInvalidEntry, released(bob, noon()))
		other := released(ann, noon())
		other.Client = "app-two"
		releases(t, s, audit.NewGuard(guardParts()), audit.ErrInvalidEntry, other)
		if err := s.Sessions.AddSession(t.Context(), sessionOf(ann, 3), released(ann, noon())); !errors.Is(err, audit.ErrInvalidEntry) {
			t.Errorf("data under the name of a sign-in: %v", err)
		}
	})

	t.Run("what operators and auditors see needs no guard", func(t *testing.T) {
		s, _ := set(t)
		e := refused(ann, noon())
		e.Kind, e.Actor = audit.SubjectAccess, audit.ActorOperator
		releases(t, s, audit.Guard{}, nil, e)
		e.Kind, e.Actor = audit.AuditorRead, "staff:one"
		releases(t, s, audit.Guard{}, nil, e)
	})

	t.Run("nothing is written after the withdrawal of its consent", func(t *testing.T) {
		s, _ := set(t)
		withdraw(t, s)
		releases(t, s, audit.NewGuard(guardParts()), audit.ErrConsentChanged, refused(ann, noon()), released(ann, noon()))
		p := guardParts()
		p.ConsentSeq = 2
		releases(t, s, audit.NewGuard(p), nil, released(ann, noon()))
	})

	t.Run("a renewal is a change too, and what concerns another client or citizen is not", func(t *testing.T) {
		s, _ := set(t)
		must(t, s.Consents.Record(t.Context(), 1, consentEvent(consent.Granted, "app-two", 2), refused(ann, noon())))
		must(t, s.Consents.Record(t.Context(), 0, grant(bob, 1), refused(bob, noon())))
		releases(t, s, audit.NewGuard(guardParts()), nil, released(ann, noon()))
		must(t, s.Consents.Record(t.Context(), 2, consentEvent(consent.Renewed, app, 3), refused(ann, noon())))
		releases(t, s, audit.NewGuard(guardParts()), audit.ErrConsentChanged, released(ann, noon()))
	})

	t.Run("nothing is written after the session ended, or on another citizen's", func(t *testing.T) {
		s, _ := set(t)
		p := guardParts()
		p.Session = hashOf(2)
		releases(t, s, audit.NewGuard(p), audit.ErrSessionEnded, released(ann, noon()))
		must(t, s.Sessions.RemoveSession(t.Context(), hashOf(1), refused(ann, noon())))
		releases(t, s, audit.NewGuard(guardParts()), audit.ErrSessionEnded, released(ann, noon()))
	})

	t.Run("nothing is written about an erased citizen", func(t *testing.T) {
		s, _ := set(t)
		must(t, erase(t, s, ann))
		releases(t, s, audit.NewGuard(guardParts()), audit.ErrSessionEnded, released(ann, noon()))
	})

	t.Run("a grant that is not there has ended", func(t *testing.T) {
		s, _ := set(t)
		p := guardParts()
		p.Session, p.Grant = [32]byte{}, hashOf(7)
		releases(t, s, audit.NewGuard(p), audit.ErrSessionEnded, released(ann, noon()))
	})

	t.Run("the decision ends at its instant by the store's clock", func(t *testing.T) {
		s, c := set(t)
		c.Set(noon().Add(time.Hour - 1))
		releases(t, s, audit.NewGuard(guardParts()), nil, released(ann, noon()))
		c.Set(noon().Add(time.Hour))
		releases(t, s, audit.NewGuard(guardParts()), audit.ErrPast, released(ann, noon()))
	})

	t.Run("one's own access needs a session and no consent", func(t *testing.T) {
		s, _ := set(t)
		withdraw(t, s)
		e := released(ann, noon())
		e.Kind = audit.SubjectAccess
		p := guardParts()
		p.ConsentSeq = 2
		releases(t, s, audit.NewGuard(p), nil, e)
		e.Citizen, p.Citizen, p.ConsentSeq, p.Session = bob, bob, 0, hashOf(2)
		releases(t, s, audit.NewGuard(p), nil, e)
	})

	t.Run("of releases at the same time as a withdrawal none is written after it, and those before it are whole", func(t *testing.T) {
		s, _ := set(t)
		_, errs := race(40, func(i int) error {
			if i == 20 {
				return s.Consents.Record(t.Context(), 1, consentEvent(consent.Withdrawn, app, 2), audit.Entry{
					Kind: audit.ConsentWithdrawn, At: noon(), Citizen: ann, Client: app, Outcome: audit.Succeeded,
				})
			}
			_, err := s.Log.Append(t.Context(), audit.NewGuard(guardParts()), released(ann, noon()))
			return err
		})
		for _, err := range errs {
			if !errors.Is(err, audit.ErrConsentChanged) {
				t.Error(err)
			}
		}
		withdrawn, shown := false, 0
		for _, e := range entries(t, s.Log) {
			switch {
			case e.Kind == audit.ConsentWithdrawn:
				withdrawn = true
			case e.Kind == audit.DataReleased && withdrawn:
				t.Error("data after the withdrawal of its consent")
			case e.Kind == audit.DataReleased:
				shown++
			}
		}
		if !withdrawn || shown+len(errs) != 39 {
			t.Errorf("withdrawn: %v, %d released, %d refused", withdrawn, shown, len(errs))
		}
	})
}
