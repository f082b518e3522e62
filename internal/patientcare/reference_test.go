package patientcare

import (
	"fmt"
	"strings"
	"testing"

	"github.com/patient-care-aggregator/aggregator/internal/referral"
)

func TestReferencesMeanTheSameInEveryForm(t *testing.T) {
	const uuid = "3f0c9a52-9a6b-4d0c-8f6e-0d1f6a2b3c4d"
	for _, id := range []string{"12345", uuid, "A-1.b"} {
		for _, form := range []string{
			"%s", "r.%s", "ServiceRequest/%s", "ServiceRequest/r.%s", "servicerequest/%s", "/ServiceRequest/%s", "ServiceRequest/%s/",
			"https://api.service.nhs.uk/e-referrals/FHIR/R4/ServiceRequest/%s", "HTTPS://API.SERVICE.NHS.UK/FHIR/R4/ServiceRequest/R.%s",
			"_baseUrl_/ServiceRequest/r.%s", "{{baseUrl}}/ServiceRequest/%s", "_baseUrl_/%s", "{base}/r.%s", "urn:uuid:%s", "URN:UUID:%s",
			"ServiceRequest/%s/_history/7", "https://x/ServiceRequest/r.%s/_history/2", "ServiceRequest/%s/_history", " ServiceRequest/%s ",
			"ServiceRequest/%s?_format=json", "ServiceRequest/%s#r", "ServiceRequest/%s|2",
		} {
			reference := fmt.Sprintf(form, id)
			for _, same := range []string{reference, strings.ToUpper(reference)} {
				f := readJoined(t, bundleOf(t, with(referralOf(1), "id", "r."+id), with(appointmentOf(1), "basedOn", []any{object{"reference": same}}),
					with(taskOf(1), "focus", object{"reference": same})))
				if got := one(t, f); got.Appointment == nil || got.Review == nil {
					t.Errorf("%q is not joined to r.%s", same, id)
				}
			}
		}
	}
}

func TestReferencesThatMeanSomethingElse(t *testing.T) {
	for _, reference := range []string{
		"", " ", "/", "ServiceRequest/", "ServiceRequest/12", "Appointment/1", "https://x/Task/1", "Patient/1", "#1", "urn:uuid:2", "1/2",
	} {
		f := readJoined(t, bundleOf(t, referralOf(1), with(appointmentOf(1), "basedOn", []any{object{"reference": reference}})))
		if one(t, f).Appointment != nil {
			t.Errorf("%q is joined to r.1", reference)
		}
		wantNotice(t, f, referral.Orphan)
	}
	t.Run("the first reference that means a referral counts", func(t *testing.T) {
		based := []any{object{"reference": "ServiceRequest/9"}, object{"reference": "ServiceRequest/2"}, object{"reference": "ServiceRequest/1"}}
		f := readJoined(t, bundleOf(t, referralOf(1), referralOf(2), with(appointmentOf(1), "basedOn", based)))
		for _, r := range f.referrals {
			if got, want := r.appointment != nil, r.key == "r.2"; got != want {
				t.Errorf("referral %s has an appointment: %v", r.key, got)
			}
		}
	})
}

func TestAmbiguousNames(t *testing.T) {
	full := func(r object, url string) any { return object{"resource": r, "fullUrl": url} }
	t.Run("an id is surer than another referral's address or booking reference", func(t *testing.T) {
		first := with(referralOf(1), "identifier", []any{object{"system": systemUBRN, "value": "2"}})
		for _, entries := range [][]any{
			{full(first, "https://x/ServiceRequest/2"), full(referralOf(2), "https://x/ServiceRequest/r.2"), entryOf(appointmentOf(2))},
			{entryOf(appointmentOf(2)), full(referralOf(2), "https://x/ServiceRequest/r.2"), full(first, "https://x/ServiceRequest/2")},
		} {
			f := readJoined(t, bundleText(t, entries...))
			for _, r := range f.referrals {
				if got, want := r.appointment != nil, r.key == "r.2"; got != want {
					t.Errorf("referral %s has an appointment: %v", r.key, got)
				}
			}
		}
	})
	t.Run("a name that two claim alike joins to neither", func(t *testing.T) {
		f := readJoined(t, bundleText(t, full(referralOf(1), "urn:uuid:7"), full(referralOf(2), "urn:uuid:7"),
			entryOf(with(appointmentOf(1), "basedOn", []any{object{"reference": "urn:uuid:7"}}))))
		wantNotice(t, f, referral.Orphan)
	})
}

func TestReferencesByIdentifier(t *testing.T) {
	ubrn := func(n int) object { return identified(systemUBRN, fmt.Sprintf("%012d", 100_000+n)) }
	for name, reference := range map[string]object{
		"by the booking reference": ubrn(1),
		"by it and a type":         with(ubrn(1), "type", "ServiceRequest"),
		"by a search for it":       {"reference": "ServiceRequest?identifier=" + systemUBRN + "|000000100001"},
		"by an address elsewhere":  with(ubrn(1), "reference", "https://hospital.example/ServiceRequest/77"),
	} {
		f := readJoined(t, bundleOf(t, referralOf(1), with(appointmentOf(1), "basedOn", []any{reference}), with(taskOf(1), "focus", reference)))
		if got := one(t, f); got.Appointment == nil || got.Review == nil {
			t.Errorf("%s: not joined", name)
		}
		wantNotices(t, f, nil)
	}
	for name, reference := range map[string]object{
		"another referral's":  ubrn(2),
		"of another system":   identified("https://hospital.example/ids", "000000100001"),
		"of another resource": with(ubrn(1), "type", "CarePlan"),
	} {
		f := readJoined(t, bundleOf(t, referralOf(1), with(appointmentOf(1), "basedOn", []any{reference})))
		if one(t, f).Appointment != nil {
			t.Errorf("%s: joined", name)
		}
		wantNotice(t, f, referral.Orphan)
	}
}

func TestReferrerIsTheOneThatTheReferralNames(t *testing.T) {
	role := func(id, code string) object {
		return object{"resourceType": "PractitionerRole", "id": id, "organization": identified("https://fhir.nhs.uk/Id/ods-organization-code", code)}
	}
	r := with(referralOf(1), "contained", []any{role("other", "X99999"), role("referrer", "G82001")})
	for name, c := range map[string]struct {
		requester any
		want      string
	}{
		"the second":          {object{"reference": "#referrer"}, "G82001"},
		"the first":           {object{"reference": "#other"}, "X99999"},
		"nobody":              {nil, "X99999"},
		"nobody who is there": {object{"reference": "#gone"}, "X99999"},
	} {
		if got := one(t, readJoined(t, bundleOf(t, with(r, "requester", c.requester)))); got.Referrer == nil || got.Referrer.ODSCode != c.want {
			t.Errorf("%s: referrer %+v, want %s", name, got.Referrer, c.want)
		}
	}
}
