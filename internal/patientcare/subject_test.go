package patientcare

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/patient-care-aggregator/aggregator/internal/aggregate"
	"github.com/patient-care-aggregator/aggregator/internal/fhir"
	"github.com/patient-care-aggregator/aggregator/internal/referral"
)

// refusedAsForeign fails unless the whole answer is refused, never to be
// replaced by an older one, in words that name nobody.
func refusedAsForeign(t *testing.T, name string, body []byte) {
	t.Helper()
	_, err := readBundle(body, own(t))
	var failure *aggregate.Failure
	switch {
	case !errors.Is(err, fhir.ErrForeignSubject):
		t.Errorf("%s: not refused: %v", name, err)
	case !errors.As(err, &failure) || !failure.NotStale || failure.Issue != referral.IssueBusinessRule || failure.Kind != aggregate.Doubtful:
		t.Errorf("%s: refused as %#v", name, failure)
	case aggregate.MayServeStale(err):
		t.Errorf("%s: an older answer may replace it", name)
	case strings.Contains(err.Error(), otherNumber) || strings.Contains(err.Error(), ownNumber):
		t.Errorf("%s: the error names a number: %v", name, err)
	}
}

func TestAnotherPersonsDataRefusesTheWholeAnswer(t *testing.T) {
	other := identified(systemNHSNumber, otherNumber)
	patient := object{"resourceType": "Patient", "id": "p", "identifier": []any{other["identifier"]}}
	reference := func(r string) object { return object{"reference": r} }
	participants := []any{object{"actor": identified(systemNHSNumber, ownNumber)}, object{"actor": other}}
	for name, resource := range map[string]any{
		"a referral":                                   with(referralOf(2), "subject", other),
		"an appointment":                               with(appointmentOf(1), "participant", []any{object{"actor": other}}),
		"an appointment of two people":                 with(appointmentOf(1), "participant", participants),
		"a task":                                       with(taskOf(1), "for", other),
		"an orphan":                                    with(taskOf(9), "for", other),
		"a subject without system":                     with(referralOf(2), "subject", object{"identifier": object{"value": otherNumber}}),
		"a subject by reference":                       with(referralOf(2), "subject", reference("Patient/"+otherNumber)),
		"a subject by address":                         with(referralOf(2), "subject", reference("https://pds.example/FHIR/R4/Patient/"+otherNumber+"/_history/3")),
		"a subject in capitals":                        with(referralOf(2), "subject", reference("PATIENT/"+otherNumber)),
		"a requester in capitals":                      with(referralOf(2), "requester", reference("PATIENT/"+otherNumber)),
		"a requester in a list":                        with(referralOf(2), "requester", object{"reference": []any{"Patient/" + otherNumber}}),
		"a Patient in small letters":                   object{"resourceType": "patient", "id": otherNumber},
		"a Patient of several types":                   object{"resourceType": []any{"Patient", "Person"}, "id": []any{otherNumber}},
		"a subject by search":                          with(referralOf(2), "subject", reference("Patient?identifier="+systemNHSNumber+"|"+otherNumber)),
		"an owner by identifier, another by reference": with(referralOf(2), "subject", object{"identifier": object{"system": systemNHSNumber, "value": ownNumber}, "reference": "Patient/" + otherNumber}),
		"a number grouped":                             with(taskOf(1), "for", identified(systemNHSNumber, "999 000 0026")),
		"a number that is one":                         with(taskOf(1), "for", object{"identifier": object{"system": systemNHSNumber, "value": json.RawMessage(otherNumber)}}),
		"a number with a bad check digit":              with(taskOf(1), "for", identified(systemNHSNumber, "9990000027")),
		"a system with a slash":                        with(taskOf(1), "for", identified(systemNHSNumber+"/", otherNumber)),
		"a system over http":                           with(taskOf(1), "for", identified("http://fhir.nhs.net/Id/NHS-Number", otherNumber)),
		"a system of version 3":                        with(taskOf(1), "for", identified("urn:oid:2.16.840.1.113883.2.1.4.1", otherNumber)),
		"an unreadable referral":                       with(referralOf(2), "subject", other, "identifier", 5, "extension", "x", "id", object{}),
		"an unreadable appointment":                    with(appointmentOf(1), "participant", object{"odd": []any{5, participants}}, "basedOn", 1),
		"an unreadable task":                           with(taskOf(1), "for", []any{[]any{other}, 5}),
		"an unknown type":                              with(referralOf(2), "resourceType", "Zebra", "subject", other),
		"no type":                                      with(referralOf(2), "resourceType", nil, "subject", other),
		"a Patient":                                    patient,
		"a Patient by its id only":                     object{"resourceType": "Patient", "id": otherNumber},
		"contained in the citizen's own":               with(referralOf(2), "contained", []any{patient}),
		"contained in an unknown type":                 object{"resourceType": "Zebra", "contained": []any{patient}},
		"deep in a remark":                             object{"resourceType": kindOutcome, "issue": []any{object{"severity": "information", "extension": []any{object{"valueIdentifier": other["identifier"]}}}}},
		"an entry that is a list":                      []any{[]any{with(referralOf(2), "subject", other)}},
		"the later of two equal appointments":          with(appointmentOf(1), "meta", object{"versionId": "0"}, "participant", []any{object{"actor": other}}),
	} {
		for _, entries := range [][]any{{referralOf(1), appointmentOf(1), resource}, {resource, referralOf(1), appointmentOf(1)}} {
			refusedAsForeign(t, name, bundleOf(t, entries...))
		}
	}
	for name, body := range map[string]string{
		"a member that occurs twice, the first one foreign": `{"resourceType":"Task","for":{"identifier":{"system":"` + systemNHSNumber + `","value":"` + otherNumber + `","value":"` + ownNumber + `"}}}`,
		"members in capitals":                               `{"resourceType":"Task","for":{"identifier":{"SYSTEM":"` + systemNHSNumber + `","VALUE":"` + otherNumber + `"}}}`,
		"members with escapes":                              `{"resourceType":"Task","for":{"identifier":{"\u0073ystem":"https:\/\/fhir.nhs.uk\/Id\/nhs-number","valu\u0065":"\u0039990000026"}}}`,
		"the value first":                                   `{"resourceType":"Zebra","x":{"value":"` + otherNumber + `","assigner":{"value":"1"},"system":"` + systemNHSNumber + `"}}`,
	} {
		refusedAsForeign(t, name, []byte(`{"resourceType":"Bundle","entry":[{"resource":`+body+`}]}`))
	}
	t.Run("an answer to a search for somebody else", func(t *testing.T) {
		for _, bar := range []string{"|", "%7C", "%7c"} {
			refusedAsForeign(t, bar, []byte(`{"resourceType":"Bundle","entry":[],"link":[{"relation":"self","url":"https://x/ServiceRequest?patient:identifier=`+systemNHSNumber+bar+otherNumber+`&category=1"}]}`))
		}
	})
}

func TestWhatIsTheCitizensOwnIsNotRefused(t *testing.T) {
	for name, subject := range map[string]object{
		"by reference":         {"reference": "Patient/" + ownNumber},
		"by address":           {"reference": "https://pds.example/Patient/" + ownNumber},
		"by reference as well": {"reference": "Patient/" + ownNumber, "identifier": object{"system": systemNHSNumber, "value": ownNumber}},
		"and a local id":       {"reference": "Patient/4711", "identifier": object{"system": systemNHSNumber, "value": ownNumber}},
		"without system":       {"identifier": object{"value": ownNumber}},
		"grouped":              identified(systemNHSNumber, "999 000 0018"),
		"as a number":          {"identifier": object{"system": systemNHSNumber, "value": json.RawMessage(ownNumber)}},
		"with a slash":         identified(systemNHSNumber+"/", ownNumber),
	} {
		f := readJoined(t, bundleOf(t, with(referralOf(1), "subject", subject), with(taskOf(1), "for", subject)))
		if got := one(t, f); got.Review == nil {
			t.Errorf("%s: the task is not joined", name)
		}
		wantNotices(t, f, nil)
	}
	t.Run("by naming a Patient that has the number", func(t *testing.T) {
		patient := func(id string, identifier ...any) object {
			return object{"resourceType": "Patient", "id": id, "identifier": identifier}
		}
		number := object{"system": systemNHSNumber, "value": ownNumber}
		naming := func(reference string) object { return with(referralOf(1), "subject", object{"reference": reference}) }
		for name, c := range map[string]struct {
			referral object
			beside   []any
			own      bool
		}{
			"included":                        {naming("Patient/p1"), []any{patient("p1", number)}, true},
			"included, by its address":        {naming("https://x/Patient/p1/_history/2"), []any{patient("p1", number)}, true},
			"included, found by its number":   {naming("Patient?identifier=" + systemNHSNumber + "|" + ownNumber), nil, true},
			"contained":                       {with(naming("#p1"), "contained", []any{patient("p1", number)}), nil, true},
			"contained, under another id":     {with(naming("#p2"), "contained", []any{patient("p1", number)}), nil, false},
			"contained in another resource":   {naming("#p1"), []any{with(taskOf(9), "contained", []any{patient("p1", number)})}, false},
			"a Patient without a number":      {naming("Patient/p1"), []any{patient("p1")}, false},
			"a Patient with another system's": {naming("Patient/p1"), []any{patient("p1", object{"system": "https://x/Id/local", "value": ownNumber})}, false},
			"two of one id, one without":      {naming("Patient/p1"), []any{patient("p1", number), patient("p1")}, false},
			"nobody":                          {naming("Patient/p2"), []any{patient("p1", number)}, false},
		} {
			f := readJoined(t, bundleOf(t, append([]any{c.referral}, c.beside...)...))
			if got := len(f.referrals) == 1; got != c.own {
				t.Errorf("%s: taken for the citizen's own: %v", name, got)
			}
		}
	})
	t.Run("numbers of other things are nobody's", func(t *testing.T) {
		// Ten digits with a good check digit, but a service, a slot, a local id.
		r := with(referralOf(1), "identifier", []any{object{"system": systemUBRN, "value": otherNumber}, object{"system": systemNHSNumber, "value": nil}, object{"system": systemNHSNumber}})
		a := with(appointmentOf(1), "id", otherNumber, "participant", append(listOf(appointmentOf(1), "participant"), object{"actor": identified(systemService, otherNumber)}))
		f := readJoined(t, bundleOf(t, r, a))
		if one(t, f).Appointment == nil {
			t.Error("the appointment is not joined")
		}
	})
}

// Another person's data raises the alarm in whatever shape it comes.
func TestAnotherPersonsDataInAnotherShapeIsRefused(t *testing.T) {
	foreign := `"entry":[{"resource":` + string(encode(t, with(taskOf(1), "for", identified(systemNHSNumber, otherNumber)))) + `}]`
	for name, body := range map[string]string{
		"a collection":           `{"resourceType":"Bundle","type":"collection",` + foreign + `}`,
		"a bundle in lower case": `{"resourceType":"bundle","type":"searchset",` + foreign + `}`,
		"half an answer":         `{"resourceType":"Bundle","type":"searchset",` + foreign,
		"too many entries":       `{"resourceType":"Bundle",` + foreign[:len(foreign)-1] + strings.Repeat(",{}", maxEntries) + `]}`,
	} {
		refusedAsForeign(t, name, []byte(body))
	}
}
