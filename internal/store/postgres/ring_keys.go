package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/keys"
)

// RingChecks implements keys.CheckStore.
func (s Subjects) RingChecks(ctx context.Context) ([]keys.Check, error) {
	all, err := collect(ctx, s.db.read, func(row pgx.CollectableRow) (c keys.Check, err error) {
		var value []byte
		err = row.Scan(&c.KeyID, &value)
		copy(c.Value[:], value)
		return c, err
	}, `SELECT id, check_value FROM ring_keys ORDER BY id`)
	if err != nil {
		return nil, fmt.Errorf("read ring keys: %w", err)
	}
	return all, nil
}

// AddRingChecks implements keys.CheckStore.
func (s Subjects) AddRingChecks(ctx context.Context, checks []keys.Check) error {
	_, err := s.db.perform(ctx, changed{}, func(ctx context.Context, t *tx) error {
		var trip pgx.Batch
		for _, c := range checks {
			trip.Queue(`INSERT INTO ring_keys (id, check_value) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING`, c.KeyID, c.Value[:])
		}
		return t.send(ctx, &trip)
	})
	if err != nil {
		return fmt.Errorf("note ring keys: %w", err)
	}
	return nil
}

// KeysInUse implements keys.CheckStore.
func (s Subjects) KeysInUse(ctx context.Context) ([]string, error) {
	ids, err := collect(ctx, s.db.read, pgx.RowTo[string],
		`SELECT lookup_key_id FROM subjects UNION SELECT key_id FROM history_rows UNION SELECT key_id FROM staff_accounts ORDER BY 1`)
	if err != nil {
		return nil, fmt.Errorf("read keys in use: %w", err)
	}
	return ids, nil
}

// SubjectsUnderOtherKeys implements citizen.ResealStore.
func (s Subjects) SubjectsUnderOtherKeys(ctx context.Context, active string, after citizen.Ref, limit int) ([]citizen.Subject, error) {
	found, err := collect(ctx, s.db.read, func(row pgx.CollectableRow) (citizen.Subject, error) { return scanSubject(row) },
		subjectColumns+`WHERE lookup_key_id <> $1 AND ref > $2 ORDER BY ref LIMIT $3`, active, string(after), limit)
	if err != nil {
		return nil, fmt.Errorf("list subjects: %w", err)
	}
	return found, nil
}
