package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/history"
)

// Histories is the history.Store in this database.
//
//	histories     citizen, revision                  goes with its subject
//	history_rows  citizen, referral, key_id, sealed  goes with its history
type Histories struct{ db *DB }

// Histories returns the store of histories.
func (db *DB) Histories() Histories { return Histories{db} }

// Observations implements history.Store.
func (s Histories) Observations(ctx context.Context, ref citizen.Ref) (history.Snapshot, error) {
	// One statement, so that rows and revision are of the same moment.
	rows, err := s.db.read.QueryContext(ctx, `SELECT h.revision, r.referral, r.key_id, r.sealed
		FROM histories AS h LEFT JOIN history_rows AS r ON r.citizen = h.citizen
		WHERE h.citizen = ? ORDER BY r.referral`, string(ref))
	if err != nil {
		return history.Snapshot{}, fmt.Errorf("read history: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var snapshot history.Snapshot
	for rows.Next() {
		var (
			referral, key sql.NullString
			sealed        []byte
		)
		if err := rows.Scan(&snapshot.Revision, &referral, &key, &sealed); err != nil {
			return history.Snapshot{}, fmt.Errorf("read history: %w", err)
		}
		if referral.Valid {
			snapshot.Rows = append(snapshot.Rows, history.Row{Referral: referral.String, KeyID: key.String, Sealed: sealed})
		}
	}
	if err := rows.Err(); err != nil {
		return history.Snapshot{}, fmt.Errorf("read history: %w", err)
	}
	return snapshot, nil
}

// Append implements history.Store. A citizen whose session the guard finds is known.
func (s Histories) Append(ctx context.Context, g audit.Guard, ref citizen.Ref, step history.Step, entries ...audit.Entry) (audit.Written, error) {
	if g.IsZero() || g.Citizen() != ref {
		return audit.Written{}, fmt.Errorf("append to the audit log: %w: its guard is about nobody or somebody else", audit.ErrInvalidEntry)
	}
	return s.db.appendEntries(ctx, g, func(ctx context.Context, t *tx) error { return t.recordStep(ctx, ref, step) }, entries)
}

// Record implements history.Store.
func (s Histories) Record(ctx context.Context, ref citizen.Ref, step history.Step) error {
	_, err := s.db.perform(ctx, func(ctx context.Context, t *tx) error {
		if known, err := subjectKnown(ctx, t, ref); err != nil || !known {
			return orNoSubject(err)
		}
		return t.recordStep(ctx, ref, step)
	})
	if err != nil {
		return fmt.Errorf("record history: %w", err)
	}
	return nil
}

// recordStep writes a step where it starts from the stored revision.
func (t *tx) recordStep(ctx context.Context, ref citizen.Ref, step history.Step) error {
	if err := raise(ctx, t, ref, step.Expected); err != nil {
		return err
	}
	for _, referral := range step.Drop {
		err := t.exec(ctx, `DELETE FROM history_rows WHERE citizen = ? AND referral = ?`, string(ref), referral)
		if err != nil {
			return fmt.Errorf("drop row: %w", err)
		}
	}
	for _, row := range step.Put {
		err := t.exec(ctx, `INSERT INTO history_rows (citizen, referral, key_id, sealed) VALUES (?, ?, ?, ?)
			ON CONFLICT (citizen, referral) DO UPDATE SET key_id = excluded.key_id, sealed = excluded.sealed`,
			string(ref), row.Referral, row.KeyID, row.Sealed)
		if err != nil {
			return fmt.Errorf("put row: %w", err)
		}
	}
	return nil
}

// raise moves the revision on by one from the one expected, or fails with
// history.ErrConflict.
func raise(ctx context.Context, t *tx, ref citizen.Ref, expected int64) error {
	query, args := `UPDATE histories SET revision = revision + 1 WHERE citizen = ? AND revision = ?`, []any{string(ref), expected}
	if expected == 0 {
		query, args = `INSERT INTO histories (citizen, revision) VALUES (?, 1) ON CONFLICT (citizen) DO NOTHING`, args[:1]
	}
	raised, err := t.execCount(ctx, query, args...)
	if err != nil {
		return fmt.Errorf("raise revision: %w", err)
	}
	if raised == 0 {
		return history.ErrConflict
	}
	return nil
}

// Remove implements history.Store. The bytes are overwritten in the file immediately
// (secure_delete) and folded out of the WAL before this returns; when a reader of
// another process blocks that, it happens with a later write instead.
func (s Histories) Remove(ctx context.Context, ref citizen.Ref) error {
	remove, err := newAct()
	if err != nil {
		return fmt.Errorf("remove history: %w", err)
	}
	remove.fold, remove.do = true, func(ctx context.Context, t *tx) error {
		if known, err := subjectKnown(ctx, t, ref); err != nil || !known {
			return err // erased: it went with the subject
		}
		err := t.exec(ctx, `INSERT INTO histories (citizen, revision) VALUES (?, 1)
			ON CONFLICT (citizen) DO UPDATE SET revision = revision + 1`, string(ref))
		if err != nil {
			return fmt.Errorf("raise revision: %w", err)
		}
		return t.exec(ctx, `DELETE FROM history_rows WHERE citizen = ?`, string(ref))
	}
	if _, err := s.db.writer.queue.Submit(ctx, remove); err != nil {
		return fmt.Errorf("remove history: %w", err)
	}
	return nil
}

// Citizens implements history.Store.
func (s Histories) Citizens(ctx context.Context, after citizen.Ref, limit int) ([]citizen.Ref, error) {
	rows, err := s.db.read.QueryContext(ctx,
		`SELECT DISTINCT citizen FROM history_rows WHERE citizen > ? ORDER BY citizen LIMIT ?`, string(after), limit)
	if err != nil {
		return nil, fmt.Errorf("list histories: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var refs []citizen.Ref
	for rows.Next() {
		var ref citizen.Ref
		if err := rows.Scan(&ref); err != nil {
			return nil, fmt.Errorf("list histories: %w", err)
		}
		refs = append(refs, ref)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list histories: %w", err)
	}
	return refs, nil
}

func subjectKnown(ctx context.Context, t *tx, ref citizen.Ref) (known bool, err error) {
	if err := t.row(ctx, `SELECT EXISTS (SELECT 1 FROM subjects WHERE ref = ?)`, string(ref)).Scan(&known); err != nil {
		return false, fmt.Errorf("find subject: %w", err)
	}
	return known, nil
}

func orNoSubject(err error) error {
	if err != nil {
		return err
	}
	return citizen.ErrNoSubject
}
