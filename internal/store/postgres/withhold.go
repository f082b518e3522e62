package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
)

// Withhold implements audit.Withholder.
func (l Log) Withhold(ctx context.Context, w audit.Withholding, e audit.Entry) error {
	withhold, err := newAct()
	if err != nil {
		return fmt.Errorf("withhold an entry: %w", err)
	}
	withhold.do = func(ctx context.Context, t *tx, first int64) error {
		r, found, err := rowsIn(t).Record(ctx, w.Seq)
		if err != nil {
			return err
		}
		if !found || r.Opening == nil || !r.Opening.List.IsCitizens() {
			return audit.ErrNotWithheld
		}
		var known bool // otherwise erased
		var until int64
		list := r.Opening.List
		err = t.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM log_heads WHERE list = $1), coalesce((SELECT until FROM log_withheld WHERE seq = $2), 0)`, list[:], w.Seq).Scan(&known, &until)
		if err != nil {
			return err
		}
		if !known || until >= w.Until.UnixNano() {
			return audit.ErrNotWithheld
		}
		e.Citizen, e.List = "", list
		if err := withhold.Write(e); err != nil {
			return err
		}
		// The entries about it are withheld too, or they would say what it hides.
		var trip pgx.Batch
		trip.Queue(`UPDATE log_withheld SET until = $2 WHERE about = $1`, w.Seq, w.Until.UnixNano())
		trip.Queue(`INSERT INTO log_withheld (seq, about, until) VALUES ($1, $1, $3), ($2, $1, $3) ON CONFLICT (seq) DO NOTHING`, w.Seq, first, w.Until.UnixNano())
		return t.send(ctx, &trip)
	}
	if _, err := l.db.submit(ctx, withhold); err != nil {
		return fmt.Errorf("withhold an entry: %w", err)
	}
	return nil
}

// Withheld implements audit.Withholder.
func (l Log) Withheld(ctx context.Context, at time.Time) (map[int64]time.Time, error) {
	withheld := map[int64]time.Time{}
	rows, err := l.read.Query(ctx, `SELECT seq, until FROM log_withheld WHERE until > $1`, at.UnixNano())
	if err == nil {
		var seq, until int64
		_, err = pgx.ForEachRow(rows, []any{&seq, &until}, func() error {
			withheld[seq] = moment(until)
			return nil
		})
	}
	if err != nil {
		return nil, fmt.Errorf("read withheld entries: %w", err)
	}
	return withheld, nil
}
