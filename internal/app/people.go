package app

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/client"
	"github.com/patient-care-aggregator/aggregator/internal/consent"
	"github.com/patient-care-aggregator/aggregator/internal/history"
	"github.com/patient-care-aggregator/aggregator/internal/keys"
	"github.com/patient-care-aggregator/aggregator/internal/session"
	"github.com/patient-care-aggregator/aggregator/internal/store"
	"github.com/patient-care-aggregator/aggregator/internal/subject"
	"github.com/patient-care-aggregator/aggregator/internal/telemetry"
)

// people are the parts that know citizens, and what they allow.
type people struct {
	citizens *citizen.Registry
	sessions *session.Manager
	consents *subject.Consents
	history  *history.Keeper
}

// people makes them. What another process writes drops what is in memory.
func (w *wiring) people(db *store.Store, ring *keys.Ring, notices *consent.Notices, clients *client.Registry, readings subject.Readings) (people, error) {
	citizens := citizen.NewRegistry(db.Subjects(), ring, w.o.Now, w.o.Random)
	sessions, err := session.NewManager(session.Deps{
		Store: db.Sessions(), Ring: ring, Citizens: citizens, Now: w.o.Now, Idle: w.c.SessionIdle, Max: w.c.SessionMax,
		Random: w.o.Random, Panics: w.panics,
	})
	if err != nil {
		return people{}, fmt.Errorf("start sessions: %w", err)
	}
	ledger, err := consent.NewLedger(consent.Deps{
		Store: db.Consents(), Notices: notices, Now: w.o.Now, NewID: w.newID, Panics: w.panics,
		Known: func(id client.ID) bool {
			_, err := clients.Find(id)
			return err == nil
		},
	})
	if err != nil {
		return people{}, fmt.Errorf("start consents: %w", err)
	}
	now := w.o.Now()
	histories, err := history.New(history.Deps{
		Store: db.Histories(), Ring: ring, Consents: ledger, Now: w.o.Now, Panics: w.panics,
		Limits:   history.Limits{Retention: now.Sub(w.c.Retention.History.Before(now))},
		Counters: history.Counters{Impossible: w.metrics.ImpossibleSteps, Failed: w.historyFailed},
	})
	if err != nil {
		return people{}, fmt.Errorf("start history: %w", err)
	}
	consents, err := subject.NewConsents(ledger, readings, histories, w.historyFailed)
	if err != nil {
		return people{}, fmt.Errorf("start consents: %w", err)
	}
	p := people{citizens, sessions, consents, histories}
	db.OnForeignWrite(p.forget)
	return p, nil
}

// forget drops what is in memory of a citizen, or with an empty ref of anybody, so that
// the store is read again.
func (p people) forget(ref citizen.Ref) {
	if ref != "" {
		p.sessions.ForgetOf(ref)
		p.consents.Forget(ref)
		p.history.Reread(ref)
		return
	}
	p.sessions.ForgetAll()
	p.consents.ForgetAll()
	p.history.ForgetAll()
}

func (w *wiring) historyFailed(ctx context.Context, err error) {
	w.metrics.HistoryFailed()
	w.o.Log.LogAttrs(ctx, slog.LevelWarn, "history failed", slog.String(telemetry.KeyError, err.Error()))
}
