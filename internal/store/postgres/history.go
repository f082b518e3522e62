package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/history"
)

// Histories is the history.Store in this database.
type Histories struct{ db *DB }

// Histories returns the store of histories.
func (db *DB) Histories() Histories { return Histories{db} }

// Observations implements history.Store.
func (s Histories) Observations(ctx context.Context, ref citizen.Ref) (history.Snapshot, error) {
	var snapshot history.Snapshot
	// One statement, so that rows and revision are of the same moment.
	rows, err := s.db.read.Query(ctx, `SELECT h.revision, r.referral, r.key_id, r.sealed
		FROM histories AS h LEFT JOIN history_rows AS r ON r.citizen = h.citizen
		WHERE h.citizen = $1 ORDER BY r.referral`, string(ref))
	if err == nil {
		var referral, key *string
		var sealed []byte
		_, err = pgx.ForEachRow(rows, []any{&snapshot.Revision, &referral, &key, &sealed}, func() error {
			if referral != nil {
				snapshot.Rows = append(snapshot.Rows, history.Row{Referral: *referral, KeyID: *key, Sealed: sealed})
			}
			return nil
		})
	}
	if err != nil {
		return history.Snapshot{}, fmt.Errorf("read history: %w", err)
	}
	return snapshot, nil
}

// quietly is a change of a history: who overlooks it is refused by its revision.
func quietly(ref citizen.Ref) changed { return changed{citizens: []citizen.Ref{ref}, quietly: true} }

// Append implements history.Store. A citizen whose session the guard finds is known.
func (s Histories) Append(ctx context.Context, g audit.Guard, ref citizen.Ref, step history.Step, entries ...audit.Entry) (audit.Written, error) {
	if g.IsZero() || g.Citizen() != ref {
		return audit.Written{}, fmt.Errorf("append to the audit log: %w: its guard is about nobody or somebody else", audit.ErrInvalidEntry)
	}
	return s.db.appendEntries(ctx, g, quietly(ref), func(ctx context.Context, t *tx, _ int64) error { return t.recordStep(ctx, ref, step) }, entries)
}

// Record implements history.Store.
func (s Histories) Record(ctx context.Context, ref citizen.Ref, step history.Step) error {
	_, err := s.db.perform(ctx, quietly(ref), func(ctx context.Context, t *tx) error {
		known, err := subjectKnown(ctx, t, ref)
		switch {
		case err != nil:
			return err
		case !known:
			return citizen.ErrNoSubject
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
	query, args := `UPDATE histories SET revision = revision + 1 WHERE citizen = $1 AND revision = $2`, []any{string(ref), step.Expected}
	if step.Expected == 0 {
		query, args = `INSERT INTO histories (citizen, revision) VALUES ($1, 1) ON CONFLICT (citizen) DO NOTHING`, args[:1]
	}
	raised, err := t.execCount(ctx, query, args...)
	if err != nil {
		return fmt.Errorf("raise revision: %w", err)
	}
	if raised == 0 {
		return history.ErrConflict
	}
	var trip pgx.Batch
	if len(step.Drop) > 0 {
		trip.Queue(`DELETE FROM history_rows WHERE citizen = $1 AND referral = ANY ($2::text[])`, string(ref), step.Drop)
	}
	for _, row := range step.Put {
		trip.Queue(`INSERT INTO history_rows (citizen, referral, key_id, sealed) VALUES ($1, $2, $3, $4)
			ON CONFLICT (citizen, referral) DO UPDATE SET key_id = excluded.key_id, sealed = excluded.sealed`,
			string(ref), row.Referral, row.KeyID, bytesOf(row.Sealed))
	}
	if err := t.send(ctx, &trip); err != nil {
		return fmt.Errorf("write a step of a history: %w", err)
	}
	return nil
}

// Remove implements history.Store. The bytes stay in the server's files until they are
// vacuumed, and in its WAL and its backups for as long as those are kept; they are sealed.
func (s Histories) Remove(ctx context.Context, ref citizen.Ref) error {
	_, err := s.db.perform(ctx, quietly(ref), func(ctx context.Context, t *tx) error {
		if known, err := subjectKnown(ctx, t, ref); err != nil || !known {
			return err // erased: it went with the subject
		}
		var trip pgx.Batch
		trip.Queue(`INSERT INTO histories (citizen, revision) VALUES ($1, 1)
			ON CONFLICT (citizen) DO UPDATE SET revision = histories.revision + 1`, string(ref))
		trip.Queue(`DELETE FROM history_rows WHERE citizen = $1`, string(ref))
		return t.send(ctx, &trip)
	})
	if err != nil {
		return fmt.Errorf("remove history: %w", err)
	}
	return nil
}

// Citizens implements history.Store.
func (s Histories) Citizens(ctx context.Context, after citizen.Ref, limit int) ([]citizen.Ref, error) {
	refs, err := collect(ctx, s.db.read, pgx.RowTo[citizen.Ref],
		`SELECT DISTINCT citizen FROM history_rows WHERE citizen > $1 ORDER BY citizen LIMIT $2`, string(after), limit)
	if err != nil {
		return nil, fmt.Errorf("list histories: %w", err)
	}
	return refs, nil
}

func subjectKnown(ctx context.Context, q querier, ref citizen.Ref) (known bool, err error) {
	if err := q.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM subjects WHERE ref = $1)`, string(ref)).Scan(&known); err != nil {
		return false, fmt.Errorf("find subject: %w", err)
	}
	return known, nil
}
