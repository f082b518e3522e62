package release

import (
	"context"
	"errors"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/aggregate"
	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/cache"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/client"
	"github.com/patient-care-aggregator/aggregator/internal/consent"
	"github.com/patient-care-aggregator/aggregator/internal/disclosure"
	"github.com/patient-care-aggregator/aggregator/internal/history"
	"github.com/patient-care-aggregator/aggregator/internal/referral"
	"github.com/patient-care-aggregator/aggregator/internal/timeline"
	"github.com/patient-care-aggregator/aggregator/internal/wording"
)

// Consents decide whether a client may have something (internal/consent).
type Consents interface {
	Decide(ctx context.Context, ref citizen.Ref, c client.ID, scopes []consent.Scope) (consent.Decision, error)
	// Forget makes the next decision about a citizen read the store.
	Forget(ref citizen.Ref)
}

// Sources read citizens' data (internal/aggregate).
type Sources interface {
	Read(ctx context.Context, a aggregate.Access, mode aggregate.Mode) (aggregate.Result, error)
}

// History remembers what changed between reads (internal/history). It never costs
// the citizen an answer, and remembers nothing without their consent.
type History interface {
	Observe(ctx context.Context, ref citizen.Ref, id client.ID, r history.Reading) history.Seen
	Changes(ctx context.Context, ref citizen.Ref, id client.ID, q history.Query) ([]referral.Change, error)
}

// Deps are what a Service needs; all are required.
type Deps struct {
	Consents Consents
	Sources  Sources
	History  History
	Words    func() (*wording.Set, *disclosure.Policy)
	Log      audit.Appender
	// Recording is Log for an entry that is written in one transaction with a change of
	// a history, or not at all.
	Recording func(*history.Change) audit.Appender
	// HandOffs keep who was sent to where referrals are managed, and when, by pseudonym.
	HandOffs cache.Backend[time.Time]
	Now      func() time.Time
	// Reason is the code by which the log names why nothing was shown.
	Reason func(error) string
	// Counted hears what the sources sent that could not be understood.
	Counted func(timeline.Counts)
}

// Service shows citizens' information. It is safe for concurrent use.
type Service struct {
	d        Deps
	handOffs handOffs
}

// New checks d.
func New(d Deps) (*Service, error) {
	if d.Consents == nil || d.Sources == nil || d.History == nil || d.Words == nil || d.Log == nil || d.Recording == nil || d.HandOffs == nil || d.Now == nil || d.Reason == nil || d.Counted == nil {
		return nil, errors.New("new release service: every dependency is required")
	}
	return &Service{d: d, handOffs: handOffs{d.HandOffs}}, nil
}
