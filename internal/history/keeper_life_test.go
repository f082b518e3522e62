package history_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/client"
	"github.com/patient-care-aggregator/aggregator/internal/clocktest"
	"github.com/patient-care-aggregator/aggregator/internal/consent"
	"github.com/patient-care-aggregator/aggregator/internal/disclosure"
	"github.com/patient-care-aggregator/aggregator/internal/history"
	"github.com/patient-care-aggregator/aggregator/internal/referral"
	"github.com/patient-care-aggregator/aggregator/internal/timeline"
	"github.com/patient-care-aggregator/aggregator/internal/wording"
	"github.com/patient-care-aggregator/aggregator/valuesets"
)

// TestAHistoryFromReadingToWithdrawal wires a keeper as the service does, with the real ledger and
// store, and follows one citizen from the first reading to the withdrawal.
func TestAHistoryFromReadingToWithdrawal(t *testing.T) {
	words, err := wording.Load(valuesets.FS(), wording.AllDrafts())
	if err != nil {
		t.Fatal(err)
	}
	policy, err := disclosure.Load(valuesets.FS(), words)
	if err != nil {
		t.Fatal(err)
	}
	notices, err := consent.BundledNotices()
	if err != nil {
		t.Fatal(err)
	}
	now, ids := clocktest.At(noon().AddDate(1, 0, 0)), 0
	begin, db := now.Now(), on(t, filepath.Join(t.TempDir(), "care.db"), now.Now)
	signIn(t, db)
	ledger, err := consent.NewLedger(consent.Deps{
		Store: db.Consents(), Notices: notices, Now: now.Now, NewID: func() string { ids++; return fmt.Sprint("consent-", ids) },
	})
	if err != nil {
		t.Fatal(err)
	}
	keeper, err := history.New(history.Deps{Store: db.Histories(), Ring: ring(t), Consents: ledger, Now: now.Now})
	if err != nil {
		t.Fatal(err)
	}
	grant := func(scopes ...consent.Scope) consent.Consent {
		t.Helper()
		c, _, err := ledger.Grant(t.Context(), consent.Grant{
			Citizen: ann, Client: app, Scopes: scopes, NoticeVersion: notices.InForce().Version,
			Channel: "web", CorrelationID: "c0ffee00-0000-4000-8000-000000000001",
		})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	look := func(days int, list ...referral.Facts) timeline.Timeline {
		at := begin.AddDate(0, 0, days)
		now.Set(at)
		seen := keeper.Observe(t.Context(), ann, app, whole(at, list...))
		if seen.Change != nil {
			events, err := db.Consents().Events(t.Context(), ann)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := keeper.Recording(seen.Change).Append(t.Context(), guard(ann, len(events)), shown(ann)); err != nil {
				t.Fatal(err)
			}
		}
		return timeline.Build(timeline.Input{Facts: list, Observed: seen.Observed}, words, policy, wording.English, at)
	}
	waiting := facts(heart, referral.StateAwaitingTriage)

	grant(consent.TimelineRead)
	look(0, waiting)
	if got := look(10, waiting); got.Referrals[0].Waiting != nil {
		t.Errorf("without consent a history was kept: %+v", got.Referrals[0].Waiting)
	}

	granted := grant(consent.HistoryStore)
	look(20, waiting)
	if got := look(61, waiting).Referrals[0].Waiting; got == nil || got.Long || got.Since != begin.AddDate(0, 0, 20).Format(time.DateOnly) {
		t.Errorf("after 41 days %+v", got)
	}
	if got := look(62, waiting).Referrals[0].Waiting; got == nil || !got.Long {
		t.Errorf("after 42 days %+v", got)
	}
	look(63, facts(heart, referral.StateSentBack))
	changes, err := keeper.Changes(t.Context(), ann, app, history.Query{Limit: 10})
	if err != nil || len(changes) != 1 || timeline.TellChanges(changes, words, wording.English)[0].Title.String() != "Sent back to the person who referred you" {
		t.Errorf("changes %v, %v", changes, err)
	}

	if _, err := ledger.Withdraw(t.Context(), ann, granted.ID, client.Web, "c0ffee00-0000-4000-8000-000000000002"); err != nil {
		t.Fatal(err)
	}
	if err := keeper.ForgetUnwanted(t.Context(), ann); err != nil {
		t.Fatal(err)
	}
	if left, err := db.Histories().Observations(t.Context(), ann); err != nil || len(left.Rows) != 0 {
		t.Errorf("%d rows outlived the withdrawal, %v", len(left.Rows), err)
	}
	grant(consent.HistoryStore)
	if got, err := keeper.Changes(t.Context(), ann, app, history.Query{Limit: 10}); err != nil || len(got) != 0 {
		t.Errorf("consenting again brought back %v, %v", got, err)
	}
}
