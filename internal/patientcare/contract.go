package patientcare

import (
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
	Referrer   *r4.Reference // the organisation of the person who referred
	State      string
	Priority   string
	ManageURL  string

	lost int // parts that could not be read
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

	lost int
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

	lost int
}

type healthcareService struct {
	Name       string
	ProvidedBy *r4.Reference
	Location   []r4.Reference
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
	s.ManageURL = text(r.Text(fhir.FindExtension(extensions, extensionPortal), "valueUrl"))
	if c := r.Coding(fhir.FindExtension(extensions, extensionPriority), "valueCoding"); c != nil {
		s.Priority = text(c.Code)
	}
	state := r.Extensions(fhir.FindExtension(extensions, extensionState))
	if c := r.Coding(fhir.FindExtension(state, "state"), "valueCoding"); c != nil {
		s.State = text(c.Code)
	}
	s.lost = r.Lost
	return s
}

// readReferrer looks among the roles that the referral contains: in the one that
// requester names, otherwise in the first that has an organisation.
func readReferrer(r *fhir.Reader, v fhir.Value) *r4.Reference {
	contained := r.Objects(v, "contained")
	if requester := r.Contained(contained, r.Reference(v, "requester")); requester.Exists() {
		// Nothing but this one: another role is another person's.
		contained = []fhir.Value{requester}
	}
	for _, role := range contained {
		if fhir.KindOf(role) != "PractitionerRole" {
			continue
		}
		if organisation := r.Reference(role, "organization"); fhir.IdentifierOf(organisation) != "" {
			return organisation
		}
	}
	return nil
}

func readAppointment(v fhir.Value) *appointment {
	var r fhir.Reader
	a := &appointment{
		ID: text(r.Text(v, "id")), Meta: r.Meta(v), Status: text(r.Text(v, "status")), BasedOn: r.References(v, "basedOn"),
		Start: r.Text(v, "start"), End: r.Text(v, "end"), StartExplained: fhir.Has(v, "_start"),
	}
	for _, p := range r.Objects(v, "participant") {
		if actor := r.Reference(p, "actor"); actor != nil {
			a.Participant = append(a.Participant, *actor)
		}
	}
	a.lost = r.Lost
	return a
}

func readTask(v fhir.Value) *task {
	var r fhir.Reader
	t := &task{
		ID: text(r.Text(v, "id")), Meta: r.Meta(v), Status: text(r.Text(v, "status")), Code: r.Concept(v, "code"),
		Focus: r.Reference(v, "focus"), For: r.Reference(v, "for"), Owner: r.Reference(v, "owner"),
	}
	if period := r.Period(r.Object(v, "restriction"), "period"); period != nil {
		t.Due = text(period.End)
	}
	t.lost = r.Lost
	return t
}

func readHealthcareService(v fhir.Value) healthcareService {
	var r fhir.Reader
	return healthcareService{
		Name: text(r.Text(v, "name")), ProvidedBy: r.Reference(v, "providedBy"), Location: r.References(v, "location"),
		Specialty: r.Concepts(v, "specialty"), Type: r.Concepts(v, "type"),
	}
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
