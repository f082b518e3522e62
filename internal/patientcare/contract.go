package patientcare

import (
	"cmp"

	r4 "github.com/samply/golang-fhir-models/fhir-models/fhir"

	"github.com/patient-care-aggregator/aggregator/internal/fhir"
	"github.com/patient-care-aggregator/aggregator/internal/referral"
)

// These types hold the parts of each resource that are read. A part that is not
// among them can have any form.

type serviceRequest struct {
	ID         string
	Meta       *r4.Meta
	Identifier []r4.Identifier
	Status     string
	Subject    *r4.Reference
	Specialty  *r4.CodeableConcept // performerType
	AuthoredOn *string
	Referrer   place // the organisation of the person who referred
	State      string
	Priority   string
	ManageURL  string
	// Category are the codes of what was asked for; empty where none is said.
	Category []r4.CodeableConcept
	// Modified reports whether an element that FHIR marks as a modifier, other than the
	// status, changes the meaning in a way that is not read here (R4, 2.4).
	Modified     bool
	DoNotPerform bool

	Lost int // parts that could not be read
}

type appointment struct {
	ID          string
	Meta        *r4.Meta
	Status      string
	BasedOn     []r4.Reference
	Start       *string
	End         *string
	Participant []r4.Reference
	// StartExplained is that there is something in FHIR's place for saying why
	// there is no start (R4, 2.24.0.2).
	StartExplained bool
	// Slotted is that it has a slot: by the contract the citizen booked it directly, so
	// that it has a start whether or not that can be read.
	Slotted  bool
	Modified bool

	Lost int
}

type task struct {
	ID     string
	Meta   *r4.Meta
	Status string
	Code   *r4.CodeableConcept
	Focus  *r4.Reference
	For    *r4.Reference
	Owner  *r4.Reference
	Due    string

	Modified bool

	Lost int
}

type healthcareService struct {
	ID         string
	Name       string
	ProvidedBy place
	Location   []place
	Specialty  []r4.CodeableConcept
	Type       []r4.CodeableConcept
}

// The kinds of resource that are read.
const (
	kindReferral    = "ServiceRequest"
	kindAppointment = "Appointment"
	kindTask        = "Task"
	kindOutcome     = "OperationOutcome"
	kindService     = "HealthcareService"
)

// Systems and codes of the published contract.
const (
	systemNHSNumber    = fhir.SystemNHSNumber
	systemUBRN         = "https://fhir.nhs.uk/Id/UBRN"
	systemService      = "https://fhir.nhs.uk/Id/ers-service"
	systemSpecialty    = "https://fhir.nhs.uk/CodeSystem/eRS-Specialty"
	systemServiceType  = "https://fhir.nhs.uk/CodeSystem/eRS-AppointmentType"
	extensionPortal    = "https://fhir.nhs.uk/StructureDefinition/Extension-Portal-Link"
	extensionPriority  = "https://fhir.nhs.uk/StructureDefinition/Extension-ServiceRequest-Priority"
	extensionState     = "https://fhir.nhs.uk/StructureDefinition/Extension-eRS-ServiceRequest-State"
	taskTriageDeferral = "TRIAGE_DEFERRAL"
	taskDeferral       = "APPOINTMENT_DEFERRAL"
	statusError        = "entered-in-error"
	statusActive       = "active"   // of a ServiceRequest
	statusBooked       = "booked"   // of an Appointment
	statusAccepted     = "accepted" // of a participant
	categoryReferral   = "3457005"  // SNOMED CT, patient referral: what A001 is asked for
)

func readServiceRequest(v fhir.Value) *serviceRequest {
	var r fhir.Reader
	s := &serviceRequest{
		ID: text(r.Text(v, "id")), Meta: r.Meta(v), Identifier: r.Identifiers(v, "identifier"),
		Status: text(r.Text(v, "status")), Subject: r.Reference(v, "subject"),
		Specialty: r.Concept(v, "performerType"), AuthoredOn: r.Text(v, "authoredOn"),
		Referrer: readReferrer(&r, v),
	}
	extensions := r.Extensions(v)
	portal := fhir.FindExtension(extensions, extensionPortal)
	s.ManageURL = cmp.Or(text(r.Text(portal, "valueUrl")), text(r.Text(portal, "valueUri")))
	var aside fhir.Reader // a category that cannot be read costs nothing
	s.Category = aside.Concepts(v, "category")
	forbidden := r.Bool(v, "doNotPerform")
	s.DoNotPerform = forbidden != nil && *forbidden
	s.Modified = modified(v) || forbidden == nil && fhir.Has(v, "doNotPerform")
	if c := r.Coding(fhir.FindExtension(extensions, extensionPriority), "valueCoding"); c != nil {
		s.Priority = text(c.Code)
	}
	state := r.Extensions(fhir.FindExtension(extensions, extensionState))
	if c := r.Coding(fhir.FindExtension(state, "state"), "valueCoding"); c != nil {
		s.State = text(c.Code)
	}
	s.Lost = r.Lost
	return s
}

// readReferrer looks among the roles that the referral contains: in the one that
// requester names, otherwise in the first that has an organisation.
func readReferrer(r *fhir.Reader, v fhir.Value) place {
	contained := r.Objects(v, "contained")
	within := contained
	if requester := r.Contained(contained, r.Reference(v, "requester")); requester.Exists() {
		// Nothing but this one: another role is another person's.
		contained = []fhir.Value{requester}
	}
	for _, role := range contained {
		if fhir.KindOf(role) != "PractitionerRole" {
			continue
		}
		if organisation := readPlace(r, within, r.Reference(role, "organization")); organisation != (place{}) {
			return organisation
		}
	}
	return place{}
}

// modified reports whether a resource has extensions or rules that must not be
// ignored by a reader who does not know them (R4, 2.5.1 and 2.28.1).
func modified(v fhir.Value) bool {
	return fhir.Has(v, "modifierExtension") || fhir.Has(v, "implicitRules")
}

func readAppointment(v fhir.Value) *appointment {
	var r fhir.Reader
	a := &appointment{
		ID: text(r.Text(v, "id")), Meta: r.Meta(v), Status: text(r.Text(v, "status")), BasedOn: r.References(v, "basedOn"),
		Start: r.Text(v, "start"), End: r.Text(v, "end"), StartExplained: fhir.Has(v, "_start"),
		Slotted: fhir.Has(v, "slot"), Modified: modified(v),
	}
	for _, p := range r.Objects(v, "participant") {
		if actor := r.Reference(p, "actor"); actor != nil {
			a.Participant = append(a.Participant, *actor)
		}
		// Who declined, or has not answered, has no appointment to go to.
		if status := r.Text(p, "status"); status != nil && *status != statusAccepted {
			a.Modified = true
		}
	}
	a.Lost = r.Lost
	return a
}

func readTask(v fhir.Value) *task {
	var r fhir.Reader
	t := &task{
		ID: text(r.Text(v, "id")), Meta: r.Meta(v), Status: text(r.Text(v, "status")), Code: r.Concept(v, "code"),
		Focus: r.Reference(v, "focus"), For: r.Reference(v, "for"), Owner: r.Reference(v, "owner"), Modified: modified(v),
	}
	if period := r.Period(r.Object(v, "restriction"), "period"); period != nil {
		t.Due = text(period.End)
	}
	t.Lost = r.Lost
	return t
}

func readHealthcareService(v fhir.Value) healthcareService {
	var r fhir.Reader
	contained := r.Objects(v, "contained")
	h := healthcareService{
		ID: text(r.Text(v, "id")), Name: text(r.Text(v, "name")), ProvidedBy: readPlace(&r, contained, r.Reference(v, "providedBy")),
		Specialty: r.Concepts(v, "specialty"), Type: r.Concepts(v, "type"),
	}
	for _, reference := range r.References(v, "location") {
		h.Location = append(h.Location, readPlace(&r, contained, &reference))
	}
	return h
}

// kind is empty for a task that is not one of the two that e-RS documents.
func (t *task) kind() string {
	if t.Code == nil {
		return ""
	}
	for i := range t.Code.Coding {
		switch text(t.Code.Coding[i].Code) {
		case taskTriageDeferral:
			return referral.ReviewTriage
		case taskDeferral:
			return referral.ReviewAppointment
		}
	}
	return ""
}

func text(s *string) string { return fhir.Deref(s) }
