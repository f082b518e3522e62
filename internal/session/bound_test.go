package session_test

import (
	"errors"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/session"
)

// Who can write to the store and has no key must not read by it: a row in which
// one value was changed, or put there from another row, is no session.
func TestAChangedRowIsNoSession(t *testing.T) {
	w := newWorld(t)
	other := citizen.New("other", w.who.NHSNumber, [32]byte{2})
	_, theirs, err := w.Start(t.Context(), session.SignIn{Citizen: other}, audit.Entry{})
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(r, theirs *session.Record){
		"citizen":    func(r, theirs *session.Record) { r.Citizen = theirs.Citizen },
		"no citizen": func(r, _ *session.Record) { r.Citizen = "" },
		"seal":       func(r, theirs *session.Record) { r.Sealed = theirs.Sealed },
		"begin":      func(r, _ *session.Record) { r.CreatedAt = r.CreatedAt.Add(time.Hour) },
		"end":        func(r, _ *session.Record) { r.ExpiresAt = r.ExpiresAt.Add(time.Hour) },
		"all of another row": func(r, theirs *session.Record) {
			hash := r.Hash
			*r = *theirs
			r.Hash = hash
		},
	} {
		secret, s, err := w.Start(t.Context(), session.SignIn{Citizen: w.who}, audit.Entry{})
		if err != nil {
			t.Fatal(err)
		}
		row, foreign := w.store.sessions[s.ID], w.store.sessions[theirs.ID]
		change(&row, &foreign)
		w.store.sessions[s.ID] = row
		w.ForgetAll()
		if _, err := w.Find(t.Context(), secret); !errors.Is(err, citizen.ErrContradiction) {
			t.Errorf("%s: %v", name, err)
		}
	}
	t.Run("nor is one whose citizen has another number by now", func(t *testing.T) {
		secret, _, err := w.Start(t.Context(), session.SignIn{Citizen: w.who}, audit.Entry{})
		if err != nil {
			t.Fatal(err)
		}
		number, err := citizen.ParseNHSNumber("9990000026")
		if err != nil {
			t.Fatal(err)
		}
		w.who = citizen.New(w.who.Ref, number, [32]byte{1})
		w.restart()
		if _, err := w.Find(t.Context(), secret); !errors.Is(err, citizen.ErrContradiction) {
			t.Error(err)
		}
	})
}
