package storetest

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/patient-care-aggregator/aggregator/internal/staff/account"
)

func testStaffAccounts(t *testing.T, open opener) {
	t.Run("an account reads back, also after a restart, and a newer row of its pseudonym takes its place", func(t *testing.T) {
		s := open(t)
		if _, err := s.StaffAccounts.Account(t.Context(), "staff:ada"); !errors.Is(err, account.ErrUnknown) {
			t.Errorf("nobody: %v", err)
		}
		for _, box := range []string{"one", "two"} {
			want := account.Sealed{Pseudonym: "staff:ada", KeyID: "k-" + box, Box: []byte(box)}
			must(t, s.StaffAccounts.NoteAccount(t.Context(), want))
			s = s.Reopen(t)
			got, err := s.StaffAccounts.Account(t.Context(), "staff:ada")
			must(t, err)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		}
	})

	t.Run("those under other keys come in turn, so many at a time, and their keys are in use", func(t *testing.T) {
		s := open(t)
		for i := range 5 {
			must(t, s.StaffAccounts.NoteAccount(t.Context(), account.Sealed{Pseudonym: fmt.Sprint("staff:", i), KeyID: fmt.Sprint("k", i%2), Box: []byte{1}}))
		}
		first, err := s.StaffAccounts.AccountsUnderOtherKeys(t.Context(), "k1", "", 2)
		must(t, err)
		second, err := s.StaffAccounts.AccountsUnderOtherKeys(t.Context(), "k1", first[len(first)-1].Pseudonym, 2)
		must(t, err)
		var got []string
		for _, a := range append(first, second...) {
			got = append(got, a.Pseudonym)
		}
		if want := []string{"staff:0", "staff:2", "staff:4"}; !slices.Equal(got, want) {
			t.Errorf("%q instead of %q", got, want)
		}
		if used, err := s.Subjects.KeysInUse(t.Context()); err != nil || !slices.Equal(used, []string{"k0", "k1"}) {
			t.Errorf("keys in use %q, %v", used, err)
		}
	})
}
