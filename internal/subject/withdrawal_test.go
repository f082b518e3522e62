package subject_test

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/client"
	"github.com/patient-care-aggregator/aggregator/internal/consent"
	"github.com/patient-care-aggregator/aggregator/internal/subject"
)

// keeping is all that a withdrawal reaches. It writes down what happens.
type keeping struct {
	events []consent.Event
	fails  error // of the history
	acts   []string
}

func (k *keeping) Events(context.Context, citizen.Ref) ([]consent.Event, error) {
	return slices.Clone(k.events), nil
}

func (k *keeping) Record(_ context.Context, _ int64, e consent.Event, _ audit.Entry) error {
	k.events = append(k.events, e)
	k.acts = append(k.acts, "record")
	return nil
}

func (k *keeping) Forget(citizen.Ref) { k.acts = append(k.acts, "readings") }

func (k *keeping) ForgetUnwanted(ctx context.Context, _ citizen.Ref) error {
	k.acts = append(k.acts, "history")
	return errors.Join(k.fails, ctx.Err())
}

func TestAWithdrawalRemovesWhatTheConsentAllowedToBeKept(t *testing.T) {
	t.Parallel()
	notices, err := consent.BundledNotices()
	if err != nil {
		t.Fatal(err)
	}
	k := &keeping{}
	ids, begin := 0, time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	ledger, err := consent.NewLedger(consent.Deps{
		Store: k, Notices: notices, Now: func() time.Time { return begin },
		NewID: func() string { ids++; return "consent-" + strconv.Itoa(ids) },
	})
	if err != nil {
		t.Fatal(err)
	}
	var failed []error
	consents, err := subject.NewConsents(ledger, k, k, func(_ context.Context, err error) { failed = append(failed, err) })
	if err != nil {
		t.Fatal(err)
	}
	given, _, err := consents.Grant(t.Context(), consent.Grant{
		Citizen: "ANN", Client: client.Web, Scopes: []consent.Scope{consent.TimelineRead}, NoticeVersion: notices.InForce().Version, Channel: "web",
	})
	if err != nil {
		t.Fatal(err)
	}
	acts := func() []string { all := k.acts; k.acts = nil; return all }
	acts()

	if _, err := consents.Withdraw(t.Context(), "ANN", "another", client.Web, ""); !errors.Is(err, consent.ErrNoConsent) || len(acts()) != 0 {
		t.Errorf("a consent that is not there: %v", err)
	}
	// The caller leaves as soon as the withdrawal is durable.
	ctx, leave := context.WithCancel(t.Context())
	leave()
	k.fails = errors.New("the history cannot be removed")
	ended, err := consents.Withdraw(ctx, "ANN", given.ID, client.Web, "")
	if err != nil || ended.Status != consent.StatusWithdrawn {
		t.Errorf("%+v, %v", ended, err)
	}
	if got := acts(); !slices.Equal(got, []string{"record", "readings", "history"}) || len(failed) != 1 || errors.Is(failed[0], context.Canceled) {
		t.Errorf("it did %v, and %v failed", got, failed)
	}
	if _, err := consents.Withdraw(t.Context(), "ANN", given.ID, client.Web, ""); err != nil {
		t.Error(err)
	}
	if got := acts(); !slices.Equal(got, []string{"readings", "history"}) {
		t.Errorf("once more it did %v", got)
	}
}
