package subject

import (
	"context"
	"errors"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/client"
	"github.com/patient-care-aggregator/aggregator/internal/consent"
)

// Readings are what is kept of the sources' answers (internal/aggregate).
type Readings interface {
	// Forget drops a citizen's readings and voids those in progress.
	Forget(ref citizen.Ref)
}

// Histories are what earlier reads saw (internal/history).
type Histories interface {
	// ForgetUnwanted removes a citizen's history if no consent covers it any more.
	ForgetUnwanted(ctx context.Context, ref citizen.Ref) error
}

// forgetTime bounds what a withdrawal waits for the history to go.
const forgetTime = 5 * time.Second

// Consents are the consents of citizens as the service offers them: the ledger,
// and a withdrawal that also removes what only the consent allowed to be kept.
type Consents struct {
	*consent.Ledger

	readings  Readings
	histories Histories
	failed    func(context.Context, error)
}

// NewConsents needs everything. failed hears why a history could not be removed;
// then internal/history removes it with the next housekeeping.
func NewConsents(l *consent.Ledger, r Readings, h Histories, failed func(context.Context, error)) (*Consents, error) {
	if l == nil || r == nil || h == nil || failed == nil {
		return nil, errors.New("new consents: all dependencies are required")
	}
	return &Consents{Ledger: l, readings: r, histories: h, failed: failed}, nil
}

// Withdraw ends a consent as [consent.Ledger.Withdraw] does. When it returns, no
// reading that was made before is kept, nor a history that no consent covers. The
// same withdrawal once more removes what the first one could not.
func (c *Consents) Withdraw(ctx context.Context, ref citizen.Ref, id string, by client.ID, correlationID string) (consent.Consent, error) {
	ended, err := c.Ledger.Withdraw(ctx, ref, id, by, correlationID)
	if errors.Is(err, consent.ErrNoConsent) {
		return ended, err //nolint:wrapcheck // the ledger says what it did
	}
	// After any other error the withdrawal may be durable, and forgetting too much
	// costs one more question to the sources. It goes on if the caller leaves.
	c.readings.Forget(ref)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), forgetTime)
	defer cancel()
	if err := c.histories.ForgetUnwanted(ctx, ref); err != nil {
		c.failed(ctx, err)
	}
	return ended, err //nolint:wrapcheck // the ledger says what it did
}
