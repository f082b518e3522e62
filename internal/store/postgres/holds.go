package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
)

// PlaceHold implements audit.HoldStore.
func (l Log) PlaceHold(ctx context.Context, h audit.Hold, e audit.Entry) error {
	_, err := l.db.perform(ctx, changed{}, func(ctx context.Context, t *tx) error {
		return t.exec(ctx, `INSERT INTO log_holds (id, citizen, reason, placed_at) VALUES ($1, $2, $3, $4)`,
			h.ID, nullText(string(h.Citizen)), h.Reason, h.PlacedAt.UnixNano())
	}, e)
	if err != nil {
		return fmt.Errorf("insert hold: %w", err)
	}
	return nil
}

// LiftHold implements audit.HoldStore.
func (l Log) LiftHold(ctx context.Context, id, why string, at time.Time, e audit.Entry) error {
	if !isText(id) {
		return fmt.Errorf("end hold: %w", audit.ErrNoHold)
	}
	_, err := l.db.perform(ctx, changed{}, func(ctx context.Context, t *tx) error {
		lifted, err := t.execCount(ctx, `UPDATE log_holds SET lifted_at = $1, lift_reason = $2 WHERE id = $3 AND lifted_at IS NULL`, at.UnixNano(), why, id)
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
	out, err := collect(ctx, l.read, func(row pgx.CollectableRow) (h audit.Hold, err error) {
		var who string
		var placed int64
		var lifted *int64
		if err := row.Scan(&h.ID, &who, &h.Reason, &placed, &lifted, &h.LiftReason); err != nil {
			return h, err
		}
		h.Citizen, h.PlacedAt = citizen.Ref(who), moment(placed)
		if lifted != nil {
			at := moment(*lifted)
			h.LiftedAt = &at
		}
		return h, nil
	}, `SELECT id, coalesce(citizen, ''), reason, placed_at, lifted_at, coalesce(lift_reason, '') FROM log_holds ORDER BY placed_at, id`)
	if err != nil {
		return nil, fmt.Errorf("read holds: %w", err)
	}
	return out, nil
}
