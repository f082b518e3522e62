package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/store/logrows"
)

// EraseSubject implements subject.Eraser: the subject's row goes, and with it their
// sessions and the row that joins them with their list. Log and consent events stay and
// no longer lead to a person. A citizen under hold is not erased (audit.ErrHeld). The
// entry is the last of their list; it is written together with the erasure.
//
// What was deleted stays in the server's files until it is vacuumed, and in its WAL and its
// backups for as long as those are kept.
func (s Subjects) EraseSubject(ctx context.Context, ref citizen.Ref, e audit.Entry) error {
	return s.erase(ctx, ref, e, nil)
}

// EraseSubjectAndOpenings implements subject.Eraser: what opens the entries of their list
// goes too, and their consent events with it, in the same transaction.
func (s Subjects) EraseSubjectAndOpenings(ctx context.Context, ref citizen.Ref, e audit.Entry) error {
	return s.erase(ctx, ref, e, &logrows.Erasure{})
}

func (s Subjects) erase(ctx context.Context, ref citizen.Ref, e audit.Entry, too *logrows.Erasure) error {
	erase, err := newAct(e)
	if err != nil {
		return fmt.Errorf("erase subject: %w", err)
	}
	erase.ByItself, erase.changes.citizens = true, []citizen.Ref{ref}
	erase.do = func(ctx context.Context, t *tx, _ int64) error {
		var held bool
		err := t.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM log_holds WHERE lifted_at IS NULL AND (citizen IS NULL OR citizen = $1))`, string(ref)).Scan(&held)
		switch {
		case err != nil:
			return fmt.Errorf("read holds: %w", err)
		case held:
			return audit.ErrHeld
		case too == nil:
			return nil
		}
		list, newest, err := listOf(ctx, t, ref)
		if errors.Is(err, audit.ErrNoList) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("find the list of a citizen: %w", err)
		}
		removed, err := too.Find(ctx, rowsIn(t), list, newest)
		if err != nil {
			return err
		}
		e.Removes, e.Digest = removed.Count(), removed.Digest()
		return erase.Write(e)
	}
	// Only now: the entry belongs to the list of somebody who is still known.
	erase.then = func(ctx context.Context, t *tx, first int64) error {
		if too != nil {
			if err := too.Remove(ctx, source{t}, first, saveOpenings(ctx, t)); err != nil {
				return err
			}
		}
		gone, err := t.execCount(ctx, `DELETE FROM subjects WHERE ref = $1`, string(ref)) // sessions go with it
		if err != nil {
			return fmt.Errorf("delete subject: %w", err)
		}
		var trip pgx.Batch
		if gone > 0 {
			trip.Queue(`INSERT INTO log_erasures (seq, subject, at, openings) VALUES ($1, $2, $3, $4)`, first, string(ref), e.At.UnixNano(), too != nil)
		}
		if gone > 0 && too != nil { // the entries no longer tell of them
			trip.Queue(`DELETE FROM consent_events WHERE citizen = $1`, string(ref))
		}
		trip.Queue(`DELETE FROM log_heads WHERE citizen = $1`, string(ref))
		if err := t.send(ctx, &trip); err != nil {
			return fmt.Errorf("note an erasure: %w", err)
		}
		return nil
	}
	if _, err := s.db.submit(ctx, erase); err != nil {
		return fmt.Errorf("erase subject: %w", err)
	}
	return nil
}

// Erasures implements audit.Erasures.
func (l Log) Erasures(ctx context.Context, from int64) ([]audit.Erasure, error) {
	out, err := collect(ctx, l.read, func(row pgx.CollectableRow) (e audit.Erasure, err error) {
		var at int64
		err = row.Scan(&e.Seq, &e.Citizen, &at, &e.Openings)
		e.At = moment(at)
		return e, err
	}, `SELECT seq, subject, at, openings FROM log_erasures WHERE seq >= $1 ORDER BY seq`, from)
	if err != nil {
		return nil, fmt.Errorf("read erasures: %w", err)
	}
	return out, nil
}
