package sqlite

import (
	"context"
	"fmt"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
)

// EraseSubject implements subject.Eraser: the subject's row goes, and with it their
// sessions and the row that joins them with their list. Log and consent events stay and
// no longer lead to a person. A citizen under hold is not erased (audit.ErrHeld). The
// entry is the last of their list; it is written together with the erasure.
//
// What was deleted is overwritten, in the file immediately (secure_delete) and in the
// WAL by folding it back before this returns; when a reader of another process
// blocks that, it happens with a later write instead.
func (s Subjects) EraseSubject(ctx context.Context, ref citizen.Ref, e audit.Entry) error {
	entries, err := prepared([]audit.Entry{e})
	if err != nil {
		return fmt.Errorf("erase subject: %w", err)
	}
	erase := &act{
		entries: entries, settled: true, fold: true, done: make(chan outcome, 1),
		do: func(ctx context.Context, t *tx) error {
			var held bool
			if err := t.row(ctx, heldQuery, string(ref)).Scan(&held); err != nil {
				return fmt.Errorf("read holds: %w", err)
			}
			if held {
				return audit.ErrHeld
			}
			return nil
		},
		// Only now: the entry belongs to the list of somebody who is still known.
		then: func(ctx context.Context, t *tx, first int64) error {
			gone, err := t.execCount(ctx, `DELETE FROM subjects WHERE ref = ?`, string(ref)) // sessions go with it
			if err != nil {
				return fmt.Errorf("delete subject: %w", err)
			}
			if gone > 0 {
				if err := t.exec(ctx, `INSERT INTO log_erasures (seq, subject, at) VALUES (?, ?, ?)`, first, string(ref), e.At.UnixNano()); err != nil {
					return fmt.Errorf("note an erasure: %w", err)
				}
			}
			return t.exec(ctx, `DELETE FROM log_heads WHERE citizen = ?`, string(ref))
		},
	}
	if _, err := s.db.writer.submit(ctx, erase); err != nil {
		return fmt.Errorf("erase subject: %w", err)
	}
	return nil
}

// Erasures implements audit.Erasures.
func (l Log) Erasures(ctx context.Context, from int64) ([]audit.Erasure, error) {
	found, err := l.db.read.QueryContext(ctx, `SELECT seq, subject, at FROM log_erasures WHERE seq >= ? ORDER BY seq`, from)
	if err != nil {
		return nil, fmt.Errorf("read erasures: %w", err)
	}
	defer func() { _ = found.Close() }()
	var out []audit.Erasure
	for found.Next() {
		var e audit.Erasure
		var at int64
		if err := found.Scan(&e.Seq, &e.Citizen, &at); err != nil {
			return nil, fmt.Errorf("read erasures: %w", err)
		}
		e.At = moment(at)
		out = append(out, e)
	}
	if err := found.Err(); err != nil {
		return nil, fmt.Errorf("read erasures: %w", err)
	}
	return out, nil
}
