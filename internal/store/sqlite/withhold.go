package sqlite

import (
	"context"
	"fmt"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
)

// Withhold implements audit.Withholder.
func (l Log) Withhold(ctx context.Context, w audit.Withholding, e audit.Entry) error {
	withhold := &act{done: make(chan outcome, 1)}
	withhold.do = func(ctx context.Context, t *tx) error {
		r, found, err := recordAt(ctx, t.conn, w.Seq)
		if err != nil {
			return err
		}
		if !found || r.Opening == nil || !r.Opening.List.IsCitizens() {
			return audit.ErrNotWithheld
		}
		if _, known, err := tableEnd(ctx, t, r.Opening.List); err != nil || !known { // erased
			return orNotWithheld(err)
		}
		e.Citizen, e.List = "", r.Opening.List
		if withhold.entries, err = prepared([]audit.Entry{e}); err != nil {
			return err
		}
		return withholdUntil(ctx, t, w.Seq, w.Until)
	}
	withhold.then = func(ctx context.Context, t *tx, first int64) error {
		return withholdUntil(ctx, t, first, w.Until) // or it would say what it hides
	}
	if _, err := l.db.writer.submit(ctx, withhold); err != nil {
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

func withholdUntil(ctx context.Context, t *tx, seq int64, until time.Time) error {
	return t.exec(ctx, `INSERT INTO log_withheld (seq, until) VALUES (?1, ?2)
		ON CONFLICT (seq) DO UPDATE SET until = max(until, ?2)`, seq, until.UnixNano())
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
