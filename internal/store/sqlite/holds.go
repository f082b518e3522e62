package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
)

// heldQuery reports whether a hold in force covers a citizen.
const heldQuery = `SELECT EXISTS (SELECT 1 FROM log_holds WHERE lifted_at IS NULL AND (citizen IS NULL OR citizen = ?))`

// PlaceHold implements audit.HoldStore.
func (l Log) PlaceHold(ctx context.Context, h audit.Hold, e audit.Entry) error {
	_, err := l.db.perform(ctx, func(ctx context.Context, t *tx) error {
		return t.exec(ctx, `INSERT INTO log_holds (id, citizen, reason, placed_at) VALUES (?, ?, ?, ?)`,
			h.ID, nullText(string(h.Citizen)), h.Reason, h.PlacedAt.UnixNano())
	}, e)
	if err != nil {
		return fmt.Errorf("insert hold: %w", err)
	}
	return nil
}

// LiftHold implements audit.HoldStore.
func (l Log) LiftHold(ctx context.Context, id, why string, at time.Time, e audit.Entry) error {
	_, err := l.db.perform(ctx, func(ctx context.Context, t *tx) error {
		lifted, err := t.execCount(ctx, `UPDATE log_holds SET lifted_at = ?, lift_reason = ? WHERE id = ? AND lifted_at IS NULL`, at.UnixNano(), why, id)
		if err == nil && lifted == 0 {
			err = audit.ErrNoHold
		}
		if err != nil {
			return err
		}
		return t.exec(ctx, `DELETE FROM log_retention`) // what the hold kept may go now
	}, e)
	if err != nil {
		return fmt.Errorf("end hold: %w", err)
	}
	return nil
}

// Holds implements audit.HoldStore.
func (l Log) Holds(ctx context.Context) ([]audit.Hold, error) {
	rows, err := l.db.read.QueryContext(ctx, `SELECT id, citizen, reason, placed_at, lifted_at, coalesce(lift_reason, '') FROM log_holds ORDER BY placed_at, id`)
	if err != nil {
		return nil, fmt.Errorf("read holds: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []audit.Hold
	for rows.Next() {
		var (
			h      audit.Hold
			who    sql.NullString
			placed int64
			lifted sql.NullInt64
		)
		if err := rows.Scan(&h.ID, &who, &h.Reason, &placed, &lifted, &h.LiftReason); err != nil {
			return nil, fmt.Errorf("read hold: %w", err)
		}
		h.Citizen, h.PlacedAt = citizen.Ref(who.String), moment(placed)
		if lifted.Valid {
			at := moment(lifted.Int64)
			h.LiftedAt = &at
		}
		out = append(out, h)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read holds: %w", err)
	}
	return out, nil
}
