package timeline_test

import (
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/referral"
	"github.com/patient-care-aggregator/aggregator/internal/wording"
	"github.com/patient-care-aggregator/aggregator/valuesets"
)

func TestNobodyIsSentToAClosedOrganisation(t *testing.T) {
	vs, err := load(valuesets.FS())
	if err != nil {
		t.Fatal(err)
	}
	facts := referral.Facts{
		Source: "ers-01", ID: "a", State: referral.StateNotBooked, Priority: "ROUTINE",
		Referrer: &referral.Organisation{ODSCode: "B86003", Name: "Old Mill Surgery", Phone: "0113 496 0003", Closed: true},
	}
	built := build([]referral.Facts{facts}, vs, wording.English, time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC))
	r := built.Referrals[0]
	if r.Contact.Role != "gp" || r.Contact.Phone != nil {
		t.Errorf("contact is %+v", r.Contact)
	}
	if want := "Old Mill Surgery has closed, so we show somebody else to ask."; words(r.Contact.Note) != want {
		t.Errorf("note %q", words(r.Contact.Note))
	}
	if r.Referrer == nil || r.Referrer.Name == nil || r.Referrer.Name.String() != "Old Mill Surgery" {
		t.Errorf("who referred is no longer told: %+v", r.Referrer)
	}
}
