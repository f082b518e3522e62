package export

import (
	"bufio"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/samply/golang-fhir-models/fhir-models/fhir"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
)

// Code systems and identifier systems of the exported AuditEvents. Those of ours
// name things that mean nothing outside this service's log.
const (
	dicom          = "http://dicom.nema.org/resources/ontology/DCM"
	eventTypes     = "http://terminology.hl7.org/CodeSystem/audit-event-type"
	objectRoles    = "http://terminology.hl7.org/CodeSystem/object-role"
	ours           = "https://github.com/patient-care-aggregator/aggregator/fhir/"
	kindSystem     = ours + "CodeSystem/audit-kind"
	purposeSystem  = ours + "CodeSystem/audit-purpose"
	listSystem     = ours + "sid/audit-list"
	clientSystem   = ours + "sid/client"
	actorSystem    = ours + "sid/actor"
	consentSystem  = ours + "sid/consent"
	referralSystem = ours + "sid/referrals-digest"
	answerSystem   = ours + "sid/answer-digest"
	groundSystem   = ours + "CodeSystem/audit-ground"
	caseSystem     = ours + "sid/case"
	actSystem      = ours + "sid/act"
	scopesSystem   = ours + "sid/consent-scopes"
	observerName   = "Patient Care Aggregator"
)

// fhirWriter writes FHIR R4 AuditEvents (hl7.org/fhir/R4/auditevent.html), one a line.
type fhirWriter struct{ w *bufio.Writer }

func (x *fhirWriter) begin() error { return nil }
func (x *fhirWriter) end() error   { return nil }

func (x *fhirWriter) record(r audit.Record) error {
	e, err := r.Entry()
	if err != nil {
		return err
	}
	return json.NewEncoder(x.w).Encode(FHIREvent(r.Seq, e))
}

// FHIREvent returns an entry as a FHIR R4 AuditEvent. It names the citizen by the id of
// their list.
func FHIREvent(seq int64, e audit.Entry) fhir.AuditEvent {
	typ, action := eventType(e.Kind)
	outcome := eventOutcome(e.Outcome)
	id := "log-" + strconv.FormatInt(seq, 10)
	event := fhir.AuditEvent{
		Id:      &id,
		Type:    typ,
		Subtype: []fhir.Coding{coding(kindSystem, string(e.Kind))},
		Action:  &action, Recorded: audit.LeafTime(e.At), Outcome: &outcome, OutcomeDesc: text(e.Reason),
		Agent: agents(e),
		Source: fhir.AuditEventSource{
			Observer: fhir.Reference{Display: text(observerName)},
		},
		Entity: entities(e),
	}
	if e.Purpose != "" {
		event.PurposeOfEvent = append(event.PurposeOfEvent, fhir.CodeableConcept{Coding: []fhir.Coding{coding(purposeSystem, e.Purpose)}})
	}
	if e.Ground != "" {
		event.PurposeOfEvent = append(event.PurposeOfEvent, fhir.CodeableConcept{Coding: []fhir.Coding{coding(groundSystem, e.Ground)}, Text: text(e.Note)})
	}
	return event
}

func eventType(k audit.Kind) (fhir.Coding, fhir.AuditEventAction) {
	switch k {
	case audit.SignedIn, audit.SignInRefused, audit.SignedOut:
		return coding(dicom, "110114"), fhir.AuditEventActionE // User Authentication
	case audit.Exported:
		return coding(dicom, "110106"), fhir.AuditEventActionR // Export
	case audit.AuditorRead:
		return coding(dicom, "110101"), fhir.AuditEventActionR // Audit Log Used
	case audit.KeyChanged, audit.ConfigurationKnown, audit.HoldPlaced, audit.HoldLifted, audit.ForkAccepted, audit.Moved,
		audit.Withheld, audit.ActProposed, audit.ActApproved, audit.ActRejected:
		return coding(dicom, "110100"), fhir.AuditEventActionU // Application Activity
	case audit.ConsentGranted:
		return coding(eventTypes, "rest"), fhir.AuditEventActionC
	case audit.ConsentRenewed, audit.ConsentWithdrawn, audit.ConsentSuspended:
		return coding(eventTypes, "rest"), fhir.AuditEventActionU
	case audit.Erased, audit.Pruned:
		return coding(eventTypes, "rest"), fhir.AuditEventActionD
	default:
		return coding(eventTypes, "rest"), fhir.AuditEventActionR
	}
}

func eventOutcome(o audit.Outcome) fhir.AuditEventOutcome {
	switch o {
	case audit.Succeeded:
		return fhir.AuditEventOutcome0
	case audit.Refused:
		return fhir.AuditEventOutcome4
	default:
		return fhir.AuditEventOutcome8
	}
}

// agents are who acted, and the client through which they did.
func agents(e audit.Entry) []fhir.AuditEventAgent {
	actor := fhir.AuditEventAgent{Requestor: true, Who: &fhir.Reference{Identifier: identifier(actorSystem, string(e.Actor))}}
	if e.Actor == audit.ActorCitizen && e.List.IsCitizens() {
		actor.Who.Identifier = identifier(listSystem, e.List.String())
	}
	if e.Actor == "" {
		actor.Who.Identifier = identifier(actorSystem, "unknown")
	}
	out := []fhir.AuditEventAgent{actor}
	if e.Client != "" {
		out = append(out, fhir.AuditEventAgent{Who: &fhir.Reference{Identifier: identifier(clientSystem, string(e.Client))}})
	}
	if e.Policy != "" {
		out[0].Policy = []string{ours + "disclosure-policy/" + e.Policy}
	}
	return out
}

// entities are whom and what the act was about.
func entities(e audit.Entry) []fhir.AuditEventEntity {
	var out []fhir.AuditEventEntity
	add := func(system, value, role string) {
		if value == "" {
			return
		}
		entity := fhir.AuditEventEntity{What: &fhir.Reference{Identifier: identifier(system, value)}}
		if role != "" {
			c := coding(objectRoles, role)
			entity.Role = &c
		}
		out = append(out, entity)
	}
	const patient, domainResource = "1", "4"
	if e.List.IsCitizens() {
		add(listSystem, e.List.String(), patient)
	}
	add(consentSystem, e.Consent, domainResource)
	add(referralSystem, e.ReferralsDigest, domainResource)
	add(answerSystem, e.Digest, "")
	add(actSystem, e.Act, "")
	add(caseSystem, e.Case, "")
	if len(e.Scopes) > 0 {
		add(scopesSystem, strings.Join(e.Scopes, " "), "")
	}
	return out
}

func coding(system, code string) fhir.Coding { return fhir.Coding{System: &system, Code: &code} }

func identifier(system, value string) *fhir.Identifier {
	return &fhir.Identifier{System: &system, Value: &value}
}

func text(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
