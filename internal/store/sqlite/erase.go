package sqlite

import (
	"context"
	"fmt"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
)

// EraseSubject implements citizen.Store: the subject's row goes, and with it
// their sessions. The audit log and the consent events keep the pseudonym, which
// no longer leads to a person. A citizen under hold is not erased (audit.ErrHeld).
//
// What was deleted is overwritten, in the file immediately (secure_delete) and in the
// WAL by folding it back before this returns; when a reader of another process
// blocks that, it happens with a later write instead.
func (s Subjects) EraseSubject(ctx context.Context, ref citizen.Ref) error {
	erase := &act{fold: true, done: make(chan outcome, 1), do: func(ctx context.Context, t *tx) error {
		var held bool
		if err := t.row(ctx, heldQuery, string(ref)).Scan(&held); err != nil {
			return fmt.Errorf("read holds: %w", err)
		}
		if held {
			return audit.ErrHeld
		}
		return t.exec(ctx, `DELETE FROM subjects WHERE ref = ?`, string(ref)) // sessions go with it
	}}
	if _, err := s.db.writer.submit(ctx, erase); err != nil {
		return fmt.Errorf("erase subject: %w", err)
	}
	return nil
}
