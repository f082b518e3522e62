package account

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/patient-care-aggregator/aggregator/internal/keys"
)

// ErrUnknown says that no account is kept under a pseudonym: nobody signed in as that,
// or they did before accounts were kept.
var ErrUnknown = errors.New("no staff account is kept under this pseudonym")

// Account is a member of staff as their provider knows them (OpenID Connect Core, 2).
type Account struct {
	Issuer  string `json:"iss"`
	Subject string `json:"sub"`
}

// Sealed is an account as it is stored.
type Sealed struct {
	Pseudonym string // as the log has it
	KeyID     string // under which key of the ring it is sealed
	Box       []byte // bound to the pseudonym
}

// Store keeps sealed accounts.
type Store interface {
	// NoteAccount keeps an account, in place of an older row of its pseudonym.
	NoteAccount(ctx context.Context, s Sealed) error
	// Account returns the row of a pseudonym, or ErrUnknown.
	Account(ctx context.Context, pseudonym string) (Sealed, error)
	// AccountsUnderOtherKeys returns at most limit rows that are sealed under another
	// key than active, in the order of their pseudonyms, behind the pseudonym after.
	AccountsUnderOtherKeys(ctx context.Context, active, after string, limit int) ([]Sealed, error)
}

const purpose = "staff-account"

// Note keeps whom a pseudonym stands for.
func Note(ctx context.Context, store Store, ring *keys.Ring, pseudonym string, a Account) error {
	sealed, err := seal(ring, pseudonym, a)
	if err != nil {
		return err
	}
	if err := store.NoteAccount(ctx, sealed); err != nil {
		return fmt.Errorf("note staff account: %w", err)
	}
	return nil
}

func seal(ring *keys.Ring, pseudonym string, a Account) (Sealed, error) {
	plain, err := json.Marshal(a)
	if err != nil {
		return Sealed{}, fmt.Errorf("seal staff account: %w", err)
	}
	return Sealed{Pseudonym: pseudonym, KeyID: ring.ActiveID(), Box: ring.Seal(purpose, plain, []byte(pseudonym))}, nil
}

func open(ring *keys.Ring, s Sealed) (a Account, err error) {
	plain, err := ring.Open(purpose, s.Box, []byte(s.Pseudonym))
	if err == nil {
		err = json.Unmarshal(plain, &a)
	}
	if err != nil {
		return Account{}, fmt.Errorf("open staff account %s: %w", s.Pseudonym, err)
	}
	return a, nil
}

// Who returns the account that a pseudonym of the log stands for, or ErrUnknown. The
// caller logs first that it is asked.
func Who(ctx context.Context, store Store, ring *keys.Ring, pseudonym string) (Account, error) {
	s, err := store.Account(ctx, pseudonym)
	if err != nil {
		return Account{}, fmt.Errorf("find staff account: %w", err)
	}
	return open(ring, s)
}

// Same reports whether two actors of the log are one person: one pseudonym, or two of one
// account, which has another one after the active key of the ring was changed. Somebody
// who is not known is nobody else.
func Same(ctx context.Context, store Store, ring *keys.Ring, a, b string) (bool, error) {
	if a == b {
		return true, nil
	}
	var accounts [2]Account
	for i, pseudonym := range []string{a, b} {
		var err error
		if accounts[i], err = Who(ctx, store, ring, pseudonym); errors.Is(err, ErrUnknown) {
			return false, nil
		} else if err != nil {
			return false, err
		}
	}
	return accounts[0] == accounts[1], nil
}

// Reseal moves every account to the ring's active key and returns how many it moved. It
// can be run again.
func Reseal(ctx context.Context, store Store, ring *keys.Ring) (moved int, err error) {
	const batch = 200
	for after := ""; ; {
		list, err := store.AccountsUnderOtherKeys(ctx, ring.ActiveID(), after, batch)
		if err != nil {
			return moved, fmt.Errorf("reseal staff accounts: %w", err)
		}
		for _, s := range list {
			a, err := open(ring, s)
			if err != nil {
				return moved, err
			}
			if err := Note(ctx, store, ring, s.Pseudonym, a); err != nil {
				return moved, err
			}
			moved, after = moved+1, s.Pseudonym
		}
		if len(list) < batch {
			return moved, nil
		}
	}
}
