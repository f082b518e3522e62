package subject_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/subject"
)

// service is all that Rights needs, in memory. It writes down the order of acts.
type service struct {
	known    bool
	holds    []audit.Hold
	logFails error
	acts     []string
	entries  []audit.Entry
}

func (s *service) LookUp(context.Context, citizen.NHSNumber) (citizen.Ref, error) {
	if !s.known {
		return "", citizen.ErrNoSubject
	}
	return "ANN", nil
}

func (s *service) Append(_ context.Context, _ audit.Guard, entries ...audit.Entry) (audit.Written, error) {
	if s.logFails != nil {
		return audit.Written{}, s.logFails
	}
	s.acts, s.entries = append(s.acts, "log"), append(s.entries, entries...)
	return audit.Written{}, nil
}

func (s *service) ListOf(context.Context, citizen.Ref) (audit.ListID, error) {
	return audit.ListID{7}, nil
}

func (s *service) EraseSubject(_ context.Context, _ citizen.Ref, e audit.Entry) error {
	if s.logFails != nil {
		return s.logFails
	}
	s.acts, s.entries = append(s.acts, "erase with its entry"), append(s.entries, e)
	return nil
}

func (s *service) EraseSubjectAndOpenings(ctx context.Context, ref citizen.Ref, e audit.Entry) error {
	return s.EraseSubject(ctx, ref, e)
}

func (s *service) EndSessions(_ context.Context, _ citizen.Ref, e audit.Entry) (int, error) {
	s.entries = append(s.entries, e)
	return 1, nil
}

func (s *service) PlaceHold(_ context.Context, h audit.Hold, _ audit.Entry) error {
	s.holds = append(s.holds, h)
	return nil
}

func (s *service) LiftHold(context.Context, string, string, time.Time, audit.Entry) error { return nil }

func (s *service) Holds(context.Context) ([]audit.Hold, error) { return s.holds, nil }

func (s *service) writeCopy(_ context.Context, _ citizen.Ref, w io.Writer) error {
	s.acts = append(s.acts, "copy")
	_, err := io.WriteString(w, "{}\n")
	return err
}

func rights(t *testing.T, s *service) *subject.Rights {
	t.Helper()
	now := func() time.Time { return time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC) }
	r, err := subject.New(subject.Deps{
		Citizens: s, Log: s, Eraser: s, Sessions: s, Copiers: []subject.Copier{s.writeCopy}, Now: now, By: audit.ActorOperator,
		Holds: subject.Holds{Store: s, Now: now, NewID: func() string { return "hold-1" }},
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestRights(t *testing.T) {
	t.Parallel()
	why, err := subject.ParseGround("subject_access", "", "request 12 of 2026")
	if err != nil {
		t.Fatal(err)
	}
	number, err := citizen.ParseNHSNumber("9990000018")
	if err != nil {
		t.Fatal(err)
	}

	t.Run("each act is in the log before it is done, or with it", func(t *testing.T) {
		t.Parallel()
		s := &service{known: true}
		var out bytes.Buffer
		if err := rights(t, s).Copy(t.Context(), number, why, &out); err != nil || out.String() != "{}\n" {
			t.Errorf("%q, %v", out.String(), err)
		}
		if list, err := rights(t, s).Erase(t.Context(), number, subject.Person, why); err != nil || list != (audit.ListID{7}) {
			t.Errorf("%v, %v", list, err)
		}
		if got := strings.Join(s.acts, " "); got != "log copy erase with its entry" {
			t.Error(got)
		}
		if e := s.entries[1]; s.entries[0].Purpose != "subject-access" || e.Purpose != "erasure" || e.Ground != "subject_access" || e.Note != "request 12 of 2026" {
			t.Errorf("%+v", s.entries)
		}
	})

	t.Run("what cannot be logged is not done", func(t *testing.T) {
		t.Parallel()
		full := errors.New("disk full")
		s := &service{known: true, logFails: full}
		if err := rights(t, s).Copy(t.Context(), number, why, io.Discard); !errors.Is(err, full) {
			t.Error(err)
		}
		if _, err := rights(t, s).Erase(t.Context(), number, subject.Person, why); !errors.Is(err, full) {
			t.Error(err)
		}
		if len(s.acts) != 0 {
			t.Error(s.acts)
		}
	})

	t.Run("somebody unknown is refused, and that is logged", func(t *testing.T) {
		t.Parallel()
		s := &service{}
		_, erased := rights(t, s).Erase(t.Context(), number, subject.Person, why)
		_, signedOut := rights(t, s).SignOut(t.Context(), number, why)
		_, held := rights(t, s).Hold(t.Context(), number, why)
		for _, err := range []error{rights(t, s).Copy(t.Context(), number, why, io.Discard), erased, signedOut, held} {
			if !errors.Is(err, subject.ErrUnknown) {
				t.Error(err)
			}
		}
		for _, e := range s.entries {
			if e.Outcome != audit.Refused || e.Reason != "no_subject" || e.Ground != "subject_access" {
				t.Errorf("%+v", e)
			}
		}
		if len(s.entries) != 4 {
			t.Errorf("%d entries", len(s.entries))
		}
	})

	t.Run("a hold keeps a citizen from being erased, and the error has its id without its reason", func(t *testing.T) {
		t.Parallel()
		s := &service{known: true}
		inquest, err := subject.ParseGround("legal", "", "inquest")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := rights(t, s).Hold(t.Context(), number, inquest); err != nil {
			t.Fatal(err)
		}
		_, err = rights(t, s).Erase(t.Context(), number, subject.Person, why)
		if !errors.Is(err, audit.ErrHeld) || !strings.Contains(err.Error(), "hold-1") || strings.Contains(err.Error(), "inquest") {
			t.Error(err)
		}
		if got := strings.Join(s.acts, " "); got != "log" || s.entries[0].Reason != "held" {
			t.Errorf("%s, %+v", got, s.entries)
		}
	})

	t.Run("nothing may be missing", func(t *testing.T) {
		t.Parallel()
		if _, err := subject.New(subject.Deps{}); err == nil {
			t.Error("it was made of nothing")
		}
	})
}
