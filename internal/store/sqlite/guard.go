package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
)

// errNoClock says that a store opened without a clock was asked to judge a guard.
var errNoClock = errors.New("store has no clock to judge a guard with (Options.Now)")

// judge compares a guard with the rows that this transaction sees, those of
// earlier acts of the same batch included. Grants and ended clients are in no
// table yet: a guard that relies on a grant finds none.
func (t *tx) judge(ctx context.Context, g audit.Guard, now func() time.Time) error {
	if now == nil {
		return errNoClock
	}
	var found audit.GuardState
	if hash, ok := g.Session(); ok {
		var owner string
		err := t.row(ctx, `SELECT citizen FROM sessions WHERE hash = ?`, hash[:]).Scan(&owner)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("read session of a guard: %w", err)
		}
		found.SessionOf = citizen.Ref(owner)
	}
	err := t.row(ctx, `SELECT seq FROM consent_events WHERE citizen = ? AND client = ? ORDER BY seq DESC LIMIT 1`,
		string(g.Citizen()), string(g.Client())).Scan(&found.ConsentSeq)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("read consent of a guard: %w", err)
	}
	return g.Judge(found, now())
}
