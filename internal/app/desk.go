package app

import (
	"context"
	"fmt"
	"io"

	"github.com/patient-care-aggregator/aggregator/internal/approval"
	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/keys"
	"github.com/patient-care-aggregator/aggregator/internal/staff/account"
	"github.com/patient-care-aggregator/aggregator/internal/store"
	"github.com/patient-care-aggregator/aggregator/internal/subject"
)

// desk makes what staff act through. forget drops what is kept in memory about a citizen;
// with an empty ref, about everybody.
func (w *wiring) desk(db *store.Store, ring *keys.Ring, p people, r record, forget func(citizen.Ref)) (*approval.Desk, error) {
	rights, err := subject.New(subject.Deps{
		Citizens: p.citizens, Log: r.stored, Eraser: forgetting{db, forget}, Sessions: forgetting{db, forget},
		Holds: subject.Holds{Store: r.stored, Now: w.o.Now, NewID: w.newID},
		Copiers: []subject.Copier{func(ctx context.Context, ref citizen.Ref, to io.Writer) error {
			return db.Export(ctx, ref, w.o.Now(), to)
		}},
		Now: w.o.Now, By: audit.ActorService,
	})
	if err != nil {
		return nil, fmt.Errorf("start acts of staff: %w", err)
	}
	desk, err := approval.New(approval.Deps{
		Store: db.Proposals(), Log: r.stored, Rights: rights, Retention: w.retention(db), Now: w.o.Now, NewID: w.newID,
		SamePerson: func(ctx context.Context, a, b audit.Actor) (bool, error) {
			return account.Same(ctx, db.StaffAccounts(), ring, string(a), string(b))
		},
	})
	if err != nil {
		return nil, fmt.Errorf("start acts of staff: %w", err)
	}
	return desk, nil
}

func (w *wiring) retention(db *store.Store) audit.Retention {
	kept := w.c.Retention
	return audit.Retention{Store: db.Log(), Now: w.o.Now, Correlations: kept.Correlation.Before, Openings: kept.Log.Before}
}

// forgetting is the store with a memory that forgets what is gone there.
type forgetting struct {
	db     *store.Store
	forget func(citizen.Ref)
}

// EraseSubject implements subject.Eraser.
func (f forgetting) EraseSubject(ctx context.Context, ref citizen.Ref, e audit.Entry) error {
	defer f.forget(ref)
	return f.db.Subjects().EraseSubject(ctx, ref, e) //nolint:wrapcheck // it is the store
}

// EraseSubjectAndOpenings implements subject.Eraser.
func (f forgetting) EraseSubjectAndOpenings(ctx context.Context, ref citizen.Ref, e audit.Entry) error {
	defer f.forget(ref)
	return f.db.Subjects().EraseSubjectAndOpenings(ctx, ref, e) //nolint:wrapcheck // it is the store
}

// EndSessions implements subject.Sessions.
func (f forgetting) EndSessions(ctx context.Context, ref citizen.Ref, a audit.Entry) (int, error) {
	defer f.forget(ref)
	return f.db.Sessions().EndSessions(ctx, ref, a) //nolint:wrapcheck // it is the store
}
