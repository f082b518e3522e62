package patientcare

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/referral"
)

// Made-up people of the range that is never issued.
const (
	ownNumber   = "9990000018"
	otherNumber = "9990000026"
)

type object = map[string]any

func own(t testing.TB) citizen.NHSNumber {
	t.Helper()
	n, err := citizen.ParseNHSNumber(ownNumber)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func london(t testing.TB) *time.Location {
	t.Helper()
	l, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func identified(system, value string) object {
	return object{"identifier": object{"system": system, "value": value}}
}

// referralOf is a ServiceRequest as the published contract has it.
func referralOf(n int) object {
	return object{
		"resourceType": kindReferral, "id": fmt.Sprintf("r.%d", n),
		"meta":       object{"versionId": "1", "profile": []any{"https://fhir.nhs.uk/StructureDefinition/NHSDigital-ServiceRequest-PatientCare"}},
		"identifier": []any{object{"system": systemUBRN, "value": fmt.Sprintf("%012d", 100_000+n)}},
		"extension": []any{
			object{"url": extensionPortal, "valueUrl": fmt.Sprintf("https://refer.nhs.uk/nhslogin?ubrn=%012d", 100_000+n)},
			object{"url": extensionPriority, "valueCoding": object{"system": "https://fhir.nhs.uk/CodeSystem/eRS-Priority", "code": "ROUTINE", "display": "Routine"}},
			object{"url": extensionState, "extension": []any{
				object{"url": "state", "valueCoding": object{"system": "https://fhir.nhs.uk/CodeSystem/eRS-ReferralState", "code": "BOOKED"}},
			}},
		},
		"contained": []any{object{
			"resourceType": "PractitionerRole", "id": "PractitionerRole-R69",
			"practitioner": identified("https://fhir.nhs.uk/Id/sds-user-id", "000000000101"),
			"organization": identified("https://fhir.nhs.uk/Id/ods-organization-code", "R69"),
		}},
		"status": "active", "priority": "routine", "intent": "order",
		"category":  []any{object{"coding": []any{object{"system": "http://snomed.info/sct", "code": "3457005"}}}},
		"subject":   identified(systemNHSNumber, ownNumber),
		"requester": object{"reference": "#PractitionerRole-R69"},
		"performerType": object{"coding": []any{object{
			"system": systemSpecialty, "code": "CARDIOLOGY", "display": "Cardiology",
		}}},
		"authoredOn": "2025-01-11T09:00:00+00:00",
	}
}

func appointmentOf(n int) object {
	return object{
		"resourceType": kindAppointment, "id": fmt.Sprintf("a-%d", n), "status": "booked",
		"meta":    object{"versionId": "1"},
		"basedOn": []any{object{"reference": fmt.Sprintf("https://api.service.nhs.uk/FHIR/R4/ServiceRequest/r.%d", n)}},
		"start":   "2025-08-06T13:30:00+00:00", "end": "2025-08-06T13:50:00+00:00",
		"slot": []any{identified("https://fhir.nhs.uk/Id/unique-slot-reference-number", "USRN-1")},
		"participant": []any{
			object{"actor": identified(systemService, "7000000123"), "status": "accepted"},
			object{"actor": identified(systemNHSNumber, ownNumber), "status": "accepted"},
		},
	}
}

func taskOf(n int) object {
	return object{
		"resourceType": kindTask, "id": fmt.Sprintf("t-%d", n), "status": "requested", "intent": "order",
		"meta":        object{"versionId": "1"},
		"code":        object{"coding": []any{object{"system": "https://fhir.nhs.uk/CodeSystem/Workflow-Code", "code": taskTriageDeferral}}},
		"focus":       object{"reference": fmt.Sprintf("ServiceRequest/r.%d", n)},
		"for":         identified(systemNHSNumber, ownNumber),
		"owner":       identified(systemService, "7000000456"),
		"restriction": object{"period": object{"end": "2025-02-01"}},
	}
}

// with is a copy with other members; nil removes one.
func with(o object, members ...any) object {
	c := maps.Clone(o)
	for i := 0; i+1 < len(members); i += 2 {
		name, ok := members[i].(string)
		if !ok {
			panic("with wants names")
		}
		if members[i+1] == nil {
			delete(c, name)
			continue
		}
		c[name] = members[i+1]
	}
	return c
}

// listOf is a member that is a list.
func listOf(o object, name string) []any {
	list, ok := o[name].([]any)
	if !ok {
		panic(name + " is not a list")
	}
	return list
}

func entryOf(resource any) any {
	e := object{"resource": resource, "search": object{"mode": "match"}}
	if r, ok := resource.(object); ok {
		e["fullUrl"] = fmt.Sprintf("https://api.service.nhs.uk/FHIR/R4/%v/%v", r["resourceType"], r["id"])
	}
	return e
}

func bundleText(t testing.TB, entries ...any) []byte {
	t.Helper()
	return encode(t, object{
		"resourceType": "Bundle", "id": "b", "type": "searchset", "timestamp": "2025-07-01T12:00:00+00:00", "entry": entries,
		"link": []any{object{"relation": "self", "url": "https://x/ServiceRequest?patient%3Aidentifier=https%3A%2F%2Ffhir.nhs.uk%2FId%2Fnhs-number%7C" + ownNumber}},
	})
}

// bundleOf holds each resource in an entry.
func bundleOf(t testing.TB, resources ...any) []byte {
	t.Helper()
	entries := make([]any, len(resources))
	for i, r := range resources {
		entries[i] = entryOf(r)
	}
	return bundleText(t, entries...)
}

func encode(t testing.TB, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// readJoined is everything from the bytes to the joined referrals.
func readJoined(t testing.TB, body []byte) *found {
	t.Helper()
	f, err := readBundle(body, own(t))
	if err != nil {
		t.Fatalf("refused: %v", err)
	}
	f.join(london(t))
	return f
}

func (f *found) facts(c citizen.Citizen, where *time.Location) []referral.Facts {
	facts := make([]referral.Facts, len(f.referrals))
	for i, r := range f.referrals {
		facts[i] = adapt(r, c, map[string]Service{}, map[string]referral.Organisation{}, where)
	}
	return facts
}

func factsOf(t testing.TB, f *found) []referral.Facts {
	t.Helper()
	facts := f.facts(citizen.New("ref", own(t), [32]byte{1}), london(t))
	slices.SortFunc(facts, func(a, b referral.Facts) int { return strings.Compare(a.ID, b.ID) })
	return facts
}

// one is the facts of the only referral.
func one(t testing.TB, f *found) referral.Facts {
	t.Helper()
	facts := factsOf(t, f)
	if len(facts) != 1 {
		t.Fatalf("%d referrals, want 1; unreadable %v", len(facts), f.unreadable)
	}
	return facts[0]
}

// wantNotices fails unless exactly that many things of exactly that kind are named.
func wantNotices(t testing.TB, f *found, want map[referral.NoticeCode]int) {
	t.Helper()
	if !maps.Equal(f.notices, want) {
		t.Errorf("notices %v, want %v (unreadable %v, parts %v)", f.notices, want, f.unreadable, f.parts)
	}
}

func wantNotice(t testing.TB, f *found, code referral.NoticeCode) {
	t.Helper()
	wantNotices(t, f, map[referral.NoticeCode]int{code: 1})
}
