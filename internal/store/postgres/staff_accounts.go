package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/patient-care-aggregator/aggregator/internal/staff/account"
)

// StaffAccounts is the account.Store in this database.
type StaffAccounts struct{ db *DB }

// StaffAccounts returns the store of staff accounts.
func (db *DB) StaffAccounts() StaffAccounts { return StaffAccounts{db} }

// NoteAccount implements account.Store.
func (s StaffAccounts) NoteAccount(ctx context.Context, a account.Sealed) error {
	_, err := s.db.perform(ctx, changed{}, func(ctx context.Context, t *tx) error {
		return t.exec(ctx, `INSERT INTO staff_accounts (pseudonym, key_id, sealed) VALUES ($1, $2, $3)
			ON CONFLICT (pseudonym) DO UPDATE SET key_id = $2, sealed = $3`, a.Pseudonym, a.KeyID, bytesOf(a.Box))
	})
	if err != nil {
		return fmt.Errorf("note staff account: %w", err)
	}
	return nil
}

// Account implements account.Store.
func (s StaffAccounts) Account(ctx context.Context, pseudonym string) (account.Sealed, error) {
	a := account.Sealed{Pseudonym: pseudonym}
	err := s.db.read.QueryRow(ctx, `SELECT key_id, sealed FROM staff_accounts WHERE pseudonym = $1`, pseudonym).Scan(&a.KeyID, &a.Box)
	if errors.Is(err, pgx.ErrNoRows) {
		return account.Sealed{}, account.ErrUnknown
	}
	if err != nil {
		return account.Sealed{}, fmt.Errorf("read staff account: %w", err)
	}
	return a, nil
}

// AccountsUnderOtherKeys implements account.Store.
func (s StaffAccounts) AccountsUnderOtherKeys(ctx context.Context, active, after string, limit int) ([]account.Sealed, error) {
	found, err := collect(ctx, s.db.read, func(row pgx.CollectableRow) (a account.Sealed, err error) {
		return a, row.Scan(&a.Pseudonym, &a.KeyID, &a.Box)
	}, `SELECT pseudonym, key_id, sealed FROM staff_accounts
		WHERE key_id <> $1 AND pseudonym > $2 ORDER BY pseudonym LIMIT $3`, active, after, limit)
	if err != nil {
		return nil, fmt.Errorf("read staff accounts: %w", err)
	}
	return found, nil
}
