package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
)

// errNoClock says that a store opened without a clock was asked to judge a guard.
var errNoClock = errors.New("store has no clock to judge a guard with (Options.Now)")

// readGuards reads what the guards of acts are judged by, in one trip with more statements
// (nil: none), and returns a state for each act. It MUST run after the lock was taken, in a
// later statement. Grants and ended clients are in no table yet: a guard that relies on a
// grant finds none.
func (w *writer) readGuards(ctx context.Context, batch []*act, more *pgx.Batch) ([]audit.GuardState, error) {
	found := make([]audit.GuardState, len(batch))
	var guarded []int
	var owners, clients []string
	var sessions [][]byte
	for i, a := range batch {
		if a.guard.IsZero() {
			continue
		}
		session, _ := a.guard.Session()
		guarded = append(guarded, i)
		owners = append(owners, string(a.guard.Citizen()))
		clients = append(clients, string(a.guard.Client()))
		sessions = append(sessions, session[:])
	}
	if more == nil {
		more = &pgx.Batch{}
	}
	if len(guarded) > 0 {
		more.Queue(`SELECT coalesce((SELECT e.seq FROM consent_events AS e WHERE e.citizen = u.citizen AND e.client = u.client ORDER BY e.seq DESC LIMIT 1), 0),
				coalesce((SELECT s.citizen FROM sessions AS s WHERE s.hash = u.session), '')
			FROM unnest($1::text[], $2::text[], $3::bytea[]) WITH ORDINALITY AS u (citizen, client, session, place) ORDER BY u.place`, owners, clients, sessions).
			Query(func(rows pgx.Rows) error {
				var state audit.GuardState
				var owner citizen.Ref
				i := 0
				_, err := pgx.ForEachRow(rows, []any{&state.ConsentSeq, &owner}, func() error {
					state.SessionOf = owner
					found[guarded[i]] = state
					i++
					return nil
				})
				return err
			})
	}
	if more.Len() == 0 {
		return found, nil
	}
	if err := w.tx.send(ctx, more); err != nil {
		return nil, fmt.Errorf("read what guards are judged by: %w", err)
	}
	return found, nil
}

// judge compares a guard with what was found.
func (w *writer) judge(g audit.Guard, found audit.GuardState) error {
	switch {
	case g.IsZero():
		return nil
	case w.now == nil:
		return errNoClock
	}
	return g.Judge(found, w.now())
}
