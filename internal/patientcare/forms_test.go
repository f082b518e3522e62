package patientcare

import (
	"testing"

	"github.com/patient-care-aggregator/aggregator/internal/referral"
)

func TestPlacesInEveryFormOfReference(t *testing.T) {
	t.Parallel()
	const organisation = "https://fhir.nhs.uk/Id/ods-organization-code"
	role := func(reference any, more ...any) object {
		return with(referralOf(1), "requester", object{"reference": "#role"}, "contained", append([]any{
			object{"resourceType": "PractitionerRole", "id": "role", "organization": reference},
		}, more...))
	}
	for name, c := range map[string]struct {
		r    object
		code string
	}{
		"by identifier":            {role(identified(organisation, "R69")), "R69"},
		"the system in other case": {role(identified("HTTPS://fhir.nhs.uk/Id/ODS-organization-code/", "R69")), "R69"},
		"contained":                {role(object{"reference": "#org"}, object{"resourceType": "Organization", "id": "org", "identifier": []any{object{"system": organisation, "value": "R69"}}}), "R69"},
		"literal":                  {role(object{"reference": "Organization/R69"}), "R69"},
		"a whole address":          {role(object{"reference": "https://x.example/FHIR/R4/Organization/G82001"}), "G82001"},
		"an SDS user id":           {role(identified("https://fhir.nhs.uk/Id/sds-user-id", "R69")), ""},
		"no system, and a letter":  {role(object{"identifier": object{"value": " r69"}}), "R69"},
		"no system, and none":      {role(object{"identifier": object{"value": "000000101"}}), ""},
		"an NHS number":            {role(identified(organisation, ownNumber)), ""},
		"an internal id":           {role(object{"reference": "Organization/000000000101"}), ""},
		"of another type":          {role(object{"reference": "Practitioner/R69"}), ""},
		"an old one":               {role(object{"identifier": object{"system": organisation, "value": "R69", "use": "old"}}), ""},
	} {
		f := readJoined(t, bundleOf(t, c.r))
		got := ""
		if o := one(t, f).Referrer; o != nil {
			got = o.ODSCode
		}
		if got != c.code {
			t.Errorf("%s: %q, want %q", name, got, c.code)
		}
		if lost := f.notices[referral.UnreadablePart] > 0; lost != (c.code == "") {
			t.Errorf("%s: notices %v", name, f.notices)
		}
	}
}

func TestBookingReferencesOfEveryForm(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		value any
		want  string
	}{
		"as published":          {"000000100001", "000000100001"},
		"grouped":               {"0000 0010 0001", "000000100001"},
		"with hyphens":          {"0000-0010-0001", "000000100001"},
		"a number":              {100001, ""},
		"ten digits":            {ownNumber, ""},
		"an NHS number grouped": {"999 000 0018", ""},
		"letters":               {"UBRN00010000", ""},
	} {
		f := readJoined(t, bundleOf(t, with(referralOf(1), "identifier", []any{object{"system": systemUBRN, "value": c.value}})))
		if got := one(t, f).BookingReference; got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		if lost := f.notices[referral.UnreadablePart] > 0; lost != (c.want == "") {
			t.Errorf("%s: notices %v", name, f.notices)
		}
	}
	two := []any{object{"system": systemUBRN, "value": "000000000009", "use": "old"}, object{"system": systemUBRN, "value": "000000100001"}}
	if got := one(t, readJoined(t, bundleOf(t, with(referralOf(1), "identifier", two)))).BookingReference; got != "000000100001" {
		t.Errorf("the old one is shown: %q", got)
	}
}

func TestWhatTotalCounts(t *testing.T) {
	t.Parallel()
	entry := func(r object, mode string) object { return object{"resource": r, "search": object{"mode": mode}} }
	patient := object{"resourceType": "Patient", "id": "p"}
	remark := object{"resourceType": kindOutcome, "issue": []any{object{"severity": "warning"}}}
	for name, c := range map[string]struct {
		total   int
		entries []any
		missing int
	}{
		"an included resource is no match":  {2, []any{entry(referralOf(1), "match"), entry(patient, "include")}, 1},
		"nor is what is said of the search": {2, []any{entry(referralOf(1), "match"), entry(remark, "outcome")}, 1},
		"nor an appointment":                {2, []any{entry(referralOf(1), "match"), entry(appointmentOf(1), "match")}, 1},
		"what cannot be read may be one":    {2, []any{entry(referralOf(1), "match"), "unreadable"}, 0},
		"all are there":                     {1, []any{entry(referralOf(1), "match"), entry(patient, "include"), entry(remark, "outcome")}, 0},
	} {
		text := `{"resourceType":"Bundle","type":"searchset","total":` + string(encode(t, c.total)) + `,"entry":` + string(encode(t, c.entries)) + `}`
		f := readJoined(t, []byte(text))
		if got := f.notices[referral.MissingItem]; got != c.missing {
			t.Errorf("%s: %d missing, want %d; notices %v", name, got, c.missing, f.notices)
		}
		if c.missing == 0 && name == "all are there" {
			wantNotices(t, f, nil)
		}
	}
	t.Run("entries in two members are all read", func(t *testing.T) {
		text := `{"resourceType":"Bundle","entry":` + string(encode(t, []any{entry(referralOf(1), "match")})) + `,"entry":` + string(encode(t, []any{entry(referralOf(2), "match")})) + `}`
		if f := readJoined(t, []byte(text)); len(f.referrals) != 2 {
			t.Errorf("%d referrals", len(f.referrals))
		}
	})
}
