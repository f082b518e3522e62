package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/patient-care-aggregator/aggregator/internal/staff/account"
)

// StaffAccounts is the account.Store in this database.
type StaffAccounts struct{ db *DB }

// StaffAccounts returns the store of staff accounts.
func (db *DB) StaffAccounts() StaffAccounts { return StaffAccounts{db} }

// NoteAccount implements account.Store.
func (s StaffAccounts) NoteAccount(ctx context.Context, a account.Sealed) error {
	_, err := s.db.perform(ctx, func(ctx context.Context, t *tx) error {
		return t.exec(ctx, `INSERT INTO staff_accounts (pseudonym, key_id, sealed) VALUES (?1, ?2, ?3)
			ON CONFLICT (pseudonym) DO UPDATE SET key_id = ?2, sealed = ?3`, a.Pseudonym, a.KeyID, a.Box)
	})
	if err != nil {
		return fmt.Errorf("note staff account: %w", err)
	}
	return nil
}

// Account implements account.Store.
func (s StaffAccounts) Account(ctx context.Context, pseudonym string) (account.Sealed, error) {
	a := account.Sealed{Pseudonym: pseudonym}
	err := s.db.read.QueryRowContext(ctx, `SELECT key_id, sealed FROM staff_accounts WHERE pseudonym = ?`, pseudonym).Scan(&a.KeyID, &a.Box)
	if errors.Is(err, sql.ErrNoRows) {
		return account.Sealed{}, account.ErrUnknown
	}
	if err != nil {
		return account.Sealed{}, fmt.Errorf("read staff account: %w", err)
	}
	return a, nil
}

// AccountsUnderOtherKeys implements account.Store.
func (s StaffAccounts) AccountsUnderOtherKeys(ctx context.Context, active, after string, limit int) ([]account.Sealed, error) {
	found, err := s.db.read.QueryContext(ctx, `SELECT pseudonym, key_id, sealed FROM staff_accounts
		WHERE key_id <> ? AND pseudonym > ? ORDER BY pseudonym LIMIT ?`, active, after, limit)
	if err != nil {
		return nil, fmt.Errorf("read staff accounts: %w", err)
	}
	defer func() { _ = found.Close() }()
	var out []account.Sealed
	for found.Next() {
		var a account.Sealed
		if err := found.Scan(&a.Pseudonym, &a.KeyID, &a.Box); err != nil {
			return nil, fmt.Errorf("read staff accounts: %w", err)
		}
		out = append(out, a)
	}
	if err := found.Err(); err != nil {
		return nil, fmt.Errorf("read staff accounts: %w", err)
	}
	return out, nil
}
