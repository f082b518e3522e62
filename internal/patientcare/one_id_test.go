package patientcare

import (
	"testing"

	"github.com/patient-care-aggregator/aggregator/internal/referral"
)

// Two things of one id are two things, however an id is written.
func TestTwoReferralsOfOneIDAreBothTold(t *testing.T) {
	t.Parallel()
	other := func(r object, id string) object { return with(r, "id", id) }
	for name, pair := range map[string][2]object{
		"one id":           {referralOf(1), other(referralOf(2), "r.1")},
		"a prefix apart":   {other(referralOf(1), "r.1"), other(referralOf(2), "1")},
		"the case apart":   {other(referralOf(1), "abc"), other(referralOf(2), "ABC")},
		"only ids differ":  {other(referralOf(1), "abc"), with(other(referralOf(1), "ABC"), "authoredOn", "2025-01-12")},
		"one has no UBRN":  {other(referralOf(1), "a"), with(other(referralOf(2), "b"), "identifier", nil)},
		"one is an old ID": {other(referralOf(1), "x/_history/1"), other(referralOf(2), "x/_history/1")},
	} {
		for _, order := range [][]object{{pair[0], pair[1]}, {pair[1], pair[0]}} {
			f := readJoined(t, bundleOf(t, order[0], order[1]))
			ids := map[string]bool{}
			for _, facts := range factsOf(t, f) {
				ids[facts.ID] = true
			}
			if len(f.referrals) != 2 || len(ids) != 2 {
				t.Errorf("%s: %d referrals with %d ids", name, len(f.referrals), len(ids))
			}
		}
	}
	t.Run("and neither gets the other's appointment", func(t *testing.T) {
		f := readJoined(t, bundleOf(t, referralOf(1), with(referralOf(2), "id", "r.1"), appointmentOf(1)))
		for _, r := range f.referrals {
			if r.appointment != nil {
				t.Errorf("%s has it", r.key)
			}
		}
		wantNotice(t, f, referral.Orphan)
	})
	t.Run("nor does an appointment of the same id hide another's", func(t *testing.T) {
		f := readJoined(t, bundleOf(t, referralOf(1), referralOf(2), appointmentOf(1), with(appointmentOf(2), "id", "a-1")))
		for _, r := range f.referrals {
			if r.appointment == nil {
				t.Errorf("%s has none", r.key)
			}
		}
	})
	t.Run("but an older version of a referral is no second one", func(t *testing.T) {
		f := readJoined(t, bundleOf(t, referralOf(1), with(referralOf(1), "meta", object{"versionId": "2"})))
		if got := one(t, f); got.Version != "2" {
			t.Errorf("version %s", got.Version)
		}
	})
}
