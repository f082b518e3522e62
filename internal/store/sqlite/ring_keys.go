package sqlite

import (
	"context"
	"fmt"

	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/keys"
)

// RingChecks implements keys.CheckStore.
func (s Subjects) RingChecks(ctx context.Context) ([]keys.Check, error) {
	rows, err := s.db.read.QueryContext(ctx, `SELECT id, check_value FROM ring_keys ORDER BY id`)
	if err != nil {
		return nil, fmt.Errorf("read ring keys: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var all []keys.Check
	for rows.Next() {
		var (
			c     keys.Check
			value []byte
		)
		if err := rows.Scan(&c.KeyID, &value); err != nil {
			return nil, fmt.Errorf("read ring keys: %w", err)
		}
		copy(c.Value[:], value)
		all = append(all, c)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read ring keys: %w", err)
	}
	return all, nil
}

// AddRingChecks implements keys.CheckStore.
func (s Subjects) AddRingChecks(ctx context.Context, checks []keys.Check) error {
	_, err := s.db.perform(ctx, func(ctx context.Context, t *tx) error {
		for _, c := range checks {
			if err := t.exec(ctx, `INSERT INTO ring_keys (id, check_value) VALUES (?, ?) ON CONFLICT (id) DO NOTHING`, c.KeyID, c.Value[:]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("note ring keys: %w", err)
	}
	return nil
}

// KeysInUse implements keys.CheckStore.
func (s Subjects) KeysInUse(ctx context.Context) ([]string, error) {
	rows, err := s.db.read.QueryContext(ctx, `SELECT lookup_key_id FROM subjects UNION SELECT key_id FROM history_rows UNION SELECT key_id FROM staff_accounts ORDER BY 1`)
	if err != nil {
		return nil, fmt.Errorf("read keys in use: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var ids []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("read keys in use: %w", err)
		}
		ids = append(ids, id)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read keys in use: %w", err)
	}
	return ids, nil
}

// SubjectsUnderOtherKeys implements citizen.ResealStore.
func (s Subjects) SubjectsUnderOtherKeys(ctx context.Context, active string, after citizen.Ref, limit int) ([]citizen.Subject, error) {
	rows, err := s.db.read.QueryContext(ctx, subjectColumns+`WHERE lookup_key_id <> ? AND ref > ? ORDER BY ref LIMIT ?`, active, string(after), limit)
	if err != nil {
		return nil, fmt.Errorf("list subjects: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var found []citizen.Subject
	for rows.Next() {
		one, err := scanSubject(rows)
		if err != nil {
			return nil, err
		}
		found = append(found, one)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list subjects: %w", err)
	}
	return found, nil
}
