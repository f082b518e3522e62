package storetest

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/session"
)

func testOneTimeValues(t *testing.T, open opener) {
	soon := noon().Add(time.Minute)

	t.Run("a value is taken once, also after a restart", func(t *testing.T) {
		s := open(t)
		want := []byte{0, 1, 255}
		must(t, s.OneTimeValues.Put(t.Context(), "code", hashOf(1), want, soon))
		s = s.Reopen(t)
		got, err := s.OneTimeValues.Take(t.Context(), "code", hashOf(1), noon())
		if err != nil || !bytes.Equal(got, want) {
			t.Fatalf("%v, %v", got, err)
		}
		if _, err := s.OneTimeValues.Take(t.Context(), "code", hashOf(1), noon()); !errors.Is(err, session.ErrNone) {
			t.Error(err)
		}
	})

	t.Run("of 50 callers at once exactly one takes it", func(t *testing.T) {
		s := open(t)
		must(t, s.OneTimeValues.Put(t.Context(), "code", hashOf(1), []byte("value"), soon))
		won, errs := race(50, func(int) error {
			_, err := s.OneTimeValues.Take(t.Context(), "code", hashOf(1), noon())
			return err
		})
		if won != 1 {
			t.Fatalf("%d took it", won)
		}
		for _, err := range errs {
			if !errors.Is(err, session.ErrNone) {
				t.Error(err)
			}
		}
	})

	t.Run("kinds do not mix, and an empty value is a value", func(t *testing.T) {
		s := open(t)
		must(t, s.OneTimeValues.Put(t.Context(), "code", hashOf(1), nil, soon))
		if _, err := s.OneTimeValues.Take(t.Context(), "state", hashOf(1), noon()); !errors.Is(err, session.ErrNone) {
			t.Error(err)
		}
		if got, err := s.OneTimeValues.Take(t.Context(), "code", hashOf(1), noon()); err != nil || len(got) != 0 {
			t.Errorf("%v, %v", got, err)
		}
	})

	t.Run("a value is there until it expires and not at that moment", func(t *testing.T) {
		s := open(t)
		for i := range 2 {
			must(t, s.OneTimeValues.Put(t.Context(), "code", hashOf(i), []byte("value"), soon))
		}
		if _, err := s.OneTimeValues.Take(t.Context(), "code", hashOf(0), soon.Add(-1)); err != nil {
			t.Error(err)
		}
		if _, err := s.OneTimeValues.Take(t.Context(), "code", hashOf(1), soon); !errors.Is(err, session.ErrNone) {
			t.Error(err)
		}
	})

	t.Run("a name that is in use is refused and its value kept", func(t *testing.T) {
		s := open(t)
		must(t, s.OneTimeValues.Put(t.Context(), "code", hashOf(1), []byte("first"), soon))
		if err := s.OneTimeValues.Put(t.Context(), "code", hashOf(1), []byte("second"), soon); err == nil {
			t.Error("it was replaced")
		}
		if got, err := s.OneTimeValues.Take(t.Context(), "code", hashOf(1), noon()); err != nil || string(got) != "first" {
			t.Errorf("%q, %v", got, err)
		}
	})

	t.Run("expired values are forgotten and others are not", func(t *testing.T) {
		s := open(t)
		for i := range 3 {
			must(t, s.OneTimeValues.Put(t.Context(), "code", hashOf(i), nil, noon().Add(time.Duration(i)*time.Minute)))
		}
		n, err := s.OneTimeValues.RemoveExpired(t.Context(), noon().Add(time.Minute))
		if err != nil || n != 1 {
			t.Errorf("%d, %v", n, err)
		}
	})
}
