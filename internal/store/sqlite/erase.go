package sqlite

import (
	"context"
	"errors"
	"fmt"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/store/logrows"
)

// EraseSubject implements subject.Eraser: the subject's row goes, and with it their
// sessions and the row that joins them with their list. Log and consent events stay and
// no longer lead to a person. A citizen under hold is not erased (audit.ErrHeld). The
// entry is the last of their list; it is written together with the erasure.
//
// What was deleted is overwritten in the file (secure_delete), and the WAL, which had it
// too, is emptied before this returns, so that no power cut brings it back; when a reader
// of another process blocks that, it happens with a later write instead.
func (s Subjects) EraseSubject(ctx context.Context, ref citizen.Ref, e audit.Entry) error {
	return s.erase(ctx, ref, e, nil)
}

// EraseSubjectAndOpenings implements subject.Eraser: what opens the entries of their list
// goes too, and their consent events with it, in the same transaction. While it looks for
// them, nothing else is written: about a second for 30,000 entries.
func (s Subjects) EraseSubjectAndOpenings(ctx context.Context, ref citizen.Ref, e audit.Entry) error {
	return s.erase(ctx, ref, e, &logrows.Erasure{})
}

func (s Subjects) erase(ctx context.Context, ref citizen.Ref, e audit.Entry, too *logrows.Erasure) error {
	erase, err := newAct(e)
	if err != nil {
		return fmt.Errorf("erase subject: %w", err)
	}
	erase.settled, erase.fold, erase.ByItself = true, true, true
	erase.do = func(ctx context.Context, t *tx) error {
		var held bool
		if err := t.row(ctx, heldQuery, string(ref)).Scan(&held); err != nil {
			return fmt.Errorf("read holds: %w", err)
		}
		switch {
		case held:
			return audit.ErrHeld
		case too == nil:
			return nil
		}
		removed, err := findOpenings(ctx, t, ref, too)
		if err != nil {
			return err
		}
		e.Removes, e.Digest = removed.Count(), removed.Digest()
		return erase.Write(e)
	}
	// Only now: the entry belongs to the list of somebody who is still known.
	erase.then = func(ctx context.Context, t *tx, first int64) error {
		if too != nil {
			if err := too.Remove(ctx, openingsIn{t}, first, saveOpenings(ctx, t)); err != nil {
				return err
			}
		}
		gone, err := t.execCount(ctx, `DELETE FROM subjects WHERE ref = ?`, string(ref)) // sessions go with it
		if err != nil {
			return fmt.Errorf("delete subject: %w", err)
		}
		if gone > 0 {
			if err := t.exec(ctx, `INSERT INTO log_erasures (seq, subject, at, openings) VALUES (?, ?, ?, ?)`, first, string(ref), e.At.UnixNano(), too != nil); err != nil {
				return fmt.Errorf("note an erasure: %w", err)
			}
		}
		if gone > 0 && too != nil { // the entries no longer tell of them
			if err := t.exec(ctx, `DELETE FROM consent_events WHERE citizen = ?`, string(ref)); err != nil {
				return fmt.Errorf("remove consents: %w", err)
			}
		}
		return t.exec(ctx, `DELETE FROM log_heads WHERE citizen = ?`, string(ref))
	}
	if _, err := s.db.writer.queue.Submit(ctx, erase); err != nil {
		return fmt.Errorf("erase subject: %w", err)
	}
	return nil
}

// findOpenings finds what opens the entries of a citizen's list. The table of heads has to
// be up to date.
func findOpenings(ctx context.Context, t *tx, ref citizen.Ref, e *logrows.Erasure) (audit.Removed, error) {
	list, err := tableList(ctx, t, ref)
	if errors.Is(err, audit.ErrNoList) {
		return audit.Removed{}, nil
	}
	if err != nil {
		return audit.Removed{}, fmt.Errorf("find the list of a citizen: %w", err)
	}
	end, _, err := tableEnd(ctx, t, list)
	if err != nil {
		return audit.Removed{}, fmt.Errorf("find the end of a list: %w", err)
	}
	return e.Find(ctx, rowsIn(t), list, end.last)
}

// Erasures implements audit.Erasures.
func (l Log) Erasures(ctx context.Context, from int64) ([]audit.Erasure, error) {
	found, err := l.db.read.QueryContext(ctx, `SELECT seq, subject, at, openings FROM log_erasures WHERE seq >= ? ORDER BY seq`, from)
	if err != nil {
		return nil, fmt.Errorf("read erasures: %w", err)
	}
	defer func() { _ = found.Close() }()
	var out []audit.Erasure
	for found.Next() {
		var e audit.Erasure
		var at int64
		if err := found.Scan(&e.Seq, &e.Citizen, &at, &e.Openings); err != nil {
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
