package history

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/client"
	"github.com/patient-care-aggregator/aggregator/internal/consent"
	"github.com/patient-care-aggregator/aggregator/internal/keys"
	"github.com/patient-care-aggregator/aggregator/internal/panics"
	"github.com/patient-care-aggregator/aggregator/internal/projection"
)

// Consents decides what citizens allow (consent.Ledger).
type Consents interface {
	Decide(ctx context.Context, ref citizen.Ref, id client.ID, scopes []consent.Scope) (consent.Decision, error)
	List(ctx context.Context, ref citizen.Ref) ([]consent.Consent, error)
}

// Counters are called for what the team should know. A nil field is not called.
type Counters struct {
	// Impossible counts steps that the state machine does not have, once stored.
	Impossible func(n int)
	// Failed is called with the reason why a history could not be read; the answer is
	// made without it.
	Failed func(ctx context.Context, err error)
}

// Deps are what a Keeper needs. Store, Ring, Consents and Now are required.
type Deps struct {
	Store    Store
	Ring     *keys.Ring
	Consents Consents
	Now      func() time.Time
	Limits   Limits
	// Remembered bounds the citizens whose sealed rows stay in memory; 0: 10,000.
	Remembered int
	Counters   Counters
	// Panics is called for a panic while a history is read. It may be nil.
	Panics panics.Handler
}

const (
	defaultRemembered = 10_000
	// patience bounds how long an answer waits for its history.
	patience = time.Second
)

// Keeper keeps histories. It is safe for concurrent use.
type Keeper struct {
	d      Deps
	sealer sealer
	kept   *projection.Projection[citizen.Ref, Snapshot] // sealed rows of recently used citizens
}

// New checks d.
func New(d Deps) (*Keeper, error) {
	if d.Store == nil || d.Ring == nil || d.Consents == nil || d.Now == nil {
		return nil, errors.New("new history keeper: store, ring, consents and now are required")
	}
	d.Limits = d.Limits.filled()
	if err := d.Limits.check(); err != nil {
		return nil, fmt.Errorf("new history keeper: %w", err)
	}
	if d.Remembered <= 0 {
		d.Remembered = defaultRemembered
	}
	if d.Counters.Impossible == nil {
		d.Counters.Impossible = func(int) {}
	}
	if d.Counters.Failed == nil {
		d.Counters.Failed = func(context.Context, error) {}
	}
	kept, err := projection.New(projection.Options[citizen.Ref, Snapshot]{
		Name: "histories", Limit: d.Remembered, Load: d.Store.Observations, Panics: d.Panics,
	})
	if err != nil {
		return nil, fmt.Errorf("new history keeper: %w", err)
	}
	return &Keeper{d: d, sealer: sealer{d.Ring}, kept: kept}, nil
}

// allowed reports whether the client's consent covers keeping a history now.
func (k *Keeper) allowed(ctx context.Context, ref citizen.Ref, id client.ID) (bool, error) {
	d, err := k.d.Consents.Decide(ctx, ref, id, []consent.Scope{consent.HistoryStore})
	if err != nil {
		return false, fmt.Errorf("decide on history: %w", err)
	}
	return d.Allowed, nil
}

// opened is a citizen's history with the snapshot that it was read from.
type opened struct {
	History
	from Snapshot
	lost bool // some rows cannot be opened any more and were skipped
}

// read returns a citizen's history. Rows that cannot be opened any more are
// reported to Counters.Failed and treated as lost.
func (k *Keeper) read(ctx context.Context, ref citizen.Ref) (opened, error) {
	snapshot, err := k.kept.Get(ctx, ref)
	if err != nil {
		return opened{}, fmt.Errorf("read history: %w", err)
	}
	h, err := k.sealer.history(ref, snapshot)
	if err != nil {
		k.d.Counters.Failed(ctx, err)
	}
	return opened{h, snapshot, err != nil}, nil
}

// write records the step to next. Whatever the outcome, the next read takes the
// history from the store.
func (k *Keeper) write(ctx context.Context, ref citizen.Ref, from Snapshot, next History) error {
	step, err := k.sealer.step(ref, from, next)
	if err != nil {
		return err
	}
	defer k.kept.Forget(ref)
	if err := k.d.Store.Record(ctx, ref, step); err != nil {
		return fmt.Errorf("record history: %w", err)
	}
	return nil
}
