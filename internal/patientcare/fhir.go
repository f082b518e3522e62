package patientcare

import (
	"encoding/json"

	"github.com/samply/golang-fhir-models/fhir-models/fhir"
)

// These types hold the parts of each resource that are read, in the library's
// data types. The library's own resource structs would cost a referral for a
// part that nobody shows: their enums fail the whole document for a code that
// they do not know, and turn a missing one into a real one. So codes are texts
// here, and an unread part can have any form. What has another form than is
// read here, bend.go brings into it.

type serviceRequest struct {
	ID            *string               `json:"id"`
	Meta          *fhir.Meta            `json:"meta"`
	Identifier    []fhir.Identifier     `json:"identifier"`
	Extension     []extension           `json:"extension"`
	Contained     []practitionerRole    `json:"contained"`
	Status        string                `json:"status"`
	Subject       *fhir.Reference       `json:"subject"`
	PerformerType *fhir.CodeableConcept `json:"performerType"`
	AuthoredOn    *string               `json:"authoredOn"`

	lost int // parts that could not be read
}

// extension has the two values of the library's fifty that e-RS sends.
type extension struct {
	URL         string       `json:"url"`
	ValueURL    *string      `json:"valueUrl"`
	ValueCoding *fhir.Coding `json:"valueCoding"`
	Extension   []extension  `json:"extension"`
}

type practitionerRole struct {
	ResourceType string          `json:"resourceType"`
	Organization *fhir.Reference `json:"organization"`
}

type appointment struct {
	ID          *string          `json:"id"`
	Meta        *fhir.Meta       `json:"meta"`
	Status      string           `json:"status"`
	BasedOn     []fhir.Reference `json:"basedOn"`
	Start       *string          `json:"start"`
	End         *string          `json:"end"`
	Participant []participant    `json:"participant"`
	// StartNote is FHIR's place for saying why there is no start (R4, 2.24.0.2).
	StartNote json.RawMessage `json:"_start"`

	lost int
}

type participant struct {
	Actor *fhir.Reference `json:"actor"`
}

type task struct {
	ID          *string               `json:"id"`
	Meta        *fhir.Meta            `json:"meta"`
	Status      string                `json:"status"`
	Code        *fhir.CodeableConcept `json:"code"`
	Focus       *fhir.Reference       `json:"focus"`
	For         *fhir.Reference       `json:"for"`
	Owner       *fhir.Reference       `json:"owner"`
	Restriction *restriction          `json:"restriction"`

	lost int
}

type restriction struct {
	Period *fhir.Period `json:"period"`
}

type healthcareService struct {
	ResourceType string                 `json:"resourceType"`
	Name         *string                `json:"name"`
	ProvidedBy   *fhir.Reference        `json:"providedBy"`
	Location     []fhir.Reference       `json:"location"`
	Specialty    []fhir.CodeableConcept `json:"specialty"`
	Type         []fhir.CodeableConcept `json:"type"`
}

// outcome is an OperationOutcome. Its issues' expression has come as text and as
// list: it is not read.
type outcome struct {
	ResourceType string         `json:"resourceType"`
	Issue        []outcomeIssue `json:"issue"`
}

type outcomeIssue struct {
	Severity string `json:"severity"`
	Code     string `json:"code"`
}

// Systems and codes of the published contract.
const (
	systemNHSNumber    = "https://fhir.nhs.uk/Id/nhs-number"
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

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// identifierOf gives the value of a logical reference.
func identifierOf(r *fhir.Reference) string {
	if r == nil || r.Identifier == nil {
		return ""
	}
	return text(r.Identifier.Value)
}

// identifierIn gives the value of a logical reference of one system.
func identifierIn(r *fhir.Reference, system string) string {
	if r == nil || r.Identifier == nil || text(r.Identifier.System) != system {
		return ""
	}
	return text(r.Identifier.Value)
}

func extensionIn(list []extension, url string) *extension {
	for i := range list {
		if list[i].URL == url {
			return &list[i]
		}
	}
	return nil
}

// codingOf gives the coding of that system, or the first where none names it;
// nil when there is none at all.
func codingOf(c *fhir.CodeableConcept, system string) *fhir.Coding {
	if c == nil || len(c.Coding) == 0 {
		return nil
	}
	for i := range c.Coding {
		if text(c.Coding[i].System) == system {
			return &c.Coding[i]
		}
	}
	return &c.Coding[0]
}
