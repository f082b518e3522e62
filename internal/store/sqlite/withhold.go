package sqlite

import (
	"context"
	"fmt"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
)

// Withhold implements audit.Withholder.
func (l Log) Withhold(ctx context.Context, w audit.Withholding, e audit.Entry) error {
	withhold, err := newAct()
	if err != nil {
		return fmt.Errorf("withhold an entry: %w", err)
	}
	withhold.do = func(ctx context.Context, t *tx) error {
		r, found, err := rowsIn(t).Record(ctx, w.Seq)
		if err != nil {
			return err
		}
		if !found || r.Opening == nil || !r.Opening.List.IsCitizens() {
			return audit.ErrNotWithheld
		}
		if _, known, err := tableEnd(ctx, t, r.Opening.List); err != nil || !known { // erased
			return orNotWithheld(err)
		}
		var until int64
		err = t.row(ctx, `SELECT coalesce(max(until), 0) FROM log_withheld WHERE seq = ?`, w.Seq).Scan(&until)
		if err != nil || until >= w.Until.UnixNano() {
			return orNotWithheld(err)
		}
		e.Citizen, e.List = "", r.Opening.List
		return withhold.Write(e)
	}
	// The entries about it are withheld too, or they would say what it hides.
	withhold.then = func(ctx context.Context, t *tx, first int64) error {
		if err := t.exec(ctx, `UPDATE log_withheld SET until = ?2 WHERE about = ?1`, w.Seq, w.Until.UnixNano()); err != nil {
			return err
		}
		return t.exec(ctx, `INSERT INTO log_withheld (seq, about, until) VALUES (?1, ?1, ?3), (?2, ?1, ?3)
			ON CONFLICT (seq) DO NOTHING`, w.Seq, first, w.Until.UnixNano())
	}
	if _, err := l.db.writer.queue.Submit(ctx, withhold); err != nil {
		return fmt.Errorf("withhold an entry: %w", err)
	}
	return nil
}

func orNotWithheld(err error) error {
	if err == nil {
		return audit.ErrNotWithheld
	}
	return err
}

// Withheld implements audit.Withholder.
func (l Log) Withheld(ctx context.Context, at time.Time) (map[int64]time.Time, error) {
	found, err := l.db.read.QueryContext(ctx, `SELECT seq, until FROM log_withheld WHERE until > ?`, at.UnixNano())
	if err != nil {
		return nil, fmt.Errorf("read withheld entries: %w", err)
	}
	defer func() { _ = found.Close() }()
	withheld := map[int64]time.Time{}
	for found.Next() {
		var seq, until int64
		if err := found.Scan(&seq, &until); err != nil {
			return nil, fmt.Errorf("read withheld entries: %w", err)
		}
		withheld[seq] = moment(until)
	}
	if err := found.Err(); err != nil {
		return nil, fmt.Errorf("read withheld entries: %w", err)
	}
	return withheld, nil
}
