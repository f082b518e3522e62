package sqlite

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/client"
	"github.com/patient-care-aggregator/aggregator/internal/consent"
)

func TestConsentsAgreeWithTheLog(t *testing.T) {
	notices, err := consent.BundledNotices()
	if err != nil {
		t.Fatal(err)
	}
	// Three citizens grant, renew and withdraw; the clock goes back in between.
	filled := func(t *testing.T) *DB {
		t.Helper()
		db := openNew(t)
		turn := 0
		ledger, err := consent.NewLedger(consent.Deps{
			Store: db.Consents(), Notices: notices,
			NewID: func() string { turn++; return fmt.Sprint("consent-", turn) },
			Now:   func() time.Time { turn++; return at(1000 - turn) },
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, ref := range []citizen.Ref{"ANN", "BOB", "EVE"} {
			g := consent.Grant{
				Citizen: ref, Client: "app-one", Scopes: []consent.Scope{consent.TimelineRead},
				NoticeVersion: notices.InForce().Version, Channel: "web",
			}
			c, _, err := ledger.Grant(t.Context(), g)
			if err != nil {
				t.Fatal(err)
			}
			g.Scopes = append(g.Scopes, consent.HistoryStore)
			if _, _, err := ledger.Grant(t.Context(), g); err != nil {
				t.Fatal(err)
			}
			if _, err := ledger.Withdraw(t.Context(), ref, c.ID, client.Web, ""); err != nil {
				t.Fatal(err)
			}
		}
		return db
	}

	t.Run("as they were recorded", func(t *testing.T) {
		db := filled(t)
		n, err := consent.CompareWithLog(t.Context(), db.Consents(), db.Log(), time.Time{})
		if err != nil || n != 9 {
			t.Errorf("%d, %v", n, err)
		}
		whole(t, db)
	})

	for name, c := range map[string]struct {
		statement string
		who       citizen.Ref
	}{
		"a withdrawal that was removed":   {`DELETE FROM consent_events WHERE citizen = 'BOB' AND seq = 3`, ""}, // the log does not tell whose it is
		"a scope that was added":          {`UPDATE consent_events SET scopes = '["history:store","timeline:read"]' WHERE citizen = 'BOB' AND seq = 1`, "BOB"},
		"an end that was put off":         {`UPDATE consent_events SET expires_at = expires_at + 1 WHERE citizen = 'EVE' AND seq = 1`, "EVE"},
		"a consent to another client":     {`UPDATE consent_events SET client = 'app-two' WHERE citizen = 'ANN'`, "ANN"},
		"a consent that nobody gave":      {`INSERT INTO consent_events SELECT 'ZOE', seq, id, kind, client, scopes, asked, notice, notice_digest, language, channel, at, expires_at, idempotency_key, entry FROM consent_events WHERE citizen = 'ANN'`, "ZOE"},
		"all consents of a citizen, gone": {`DELETE FROM consent_events WHERE citizen = 'EVE'`, ""},
	} {
		t.Run(name+" is found and named", func(t *testing.T) {
			db := filled(t)
			if err := asWriter(t, db, `DROP TRIGGER consent_events_never_change`, `DROP TRIGGER consent_events_go_by_retention_and_erasure`, c.statement); err != nil {
				t.Fatal(err)
			}
			_, err := consent.CompareWithLog(t.Context(), db.Consents(), db.Log(), time.Time{})
			var d *consent.Disagreement
			if !errors.As(err, &d) || d.Citizen != c.who {
				t.Errorf("error %v", err)
			}
		})
	}
}
