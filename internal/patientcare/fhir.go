package patientcare

import (
	"encoding/json"

	"github.com/samply/golang-fhir-models/fhir-models/fhir"
)

// The library's enums fail the whole document for a code that they do not know,
// and turn a missing one into a real one. These types shadow each such field,
// for decoding only.

type serviceRequest struct {
	fhir.ServiceRequest

	Status    json.RawMessage   `json:"status"`
	Intent    json.RawMessage   `json:"intent"`
	Priority  json.RawMessage   `json:"priority"`
	Contained []json.RawMessage `json:"contained"`
}

type appointment struct {
	fhir.Appointment

	Status      string        `json:"status"`
	Participant []participant `json:"participant"`
}

type participant struct {
	Actor *fhir.Reference `json:"actor"`
}

type task struct {
	fhir.Task

	Status   json.RawMessage `json:"status"`
	Intent   json.RawMessage `json:"intent"`
	Priority json.RawMessage `json:"priority"`
}

type practitionerRole struct {
	ResourceType string          `json:"resourceType"`
	Organization *fhir.Reference `json:"organization"`
}

type healthcareService struct {
	ResourceType string                 `json:"resourceType"`
	Name         *string                `json:"name"`
	ProvidedBy   *fhir.Reference        `json:"providedBy"`
	Location     []fhir.Reference       `json:"location"`
	Specialty    []fhir.CodeableConcept `json:"specialty"`
	Type         []fhir.CodeableConcept `json:"type"`
}

// bundle holds its entries unread, so that one that cannot be read costs itself.
type bundle struct {
	ResourceType string            `json:"resourceType"`
	Type         string            `json:"type"`
	Total        *int              `json:"total"`
	Entry        []json.RawMessage `json:"entry"`
}

type entry struct {
	FullURL  string          `json:"fullUrl"`
	Resource json.RawMessage `json:"resource"`
}

// outcome is an OperationOutcome with the parts that matter here. Its issues'
// expression has come as text and as list: it is not read.
type outcome struct {
	ResourceType string `json:"resourceType"`
	Issue        []struct {
		Severity string `json:"severity"`
		Code     string `json:"code"`
		Details  struct {
			Coding []fhir.Coding `json:"coding"`
		} `json:"details"`
	} `json:"issue"`
}

// Systems and codes of the published contract.
const (
	systemNHSNumber    = "https://fhir.nhs.uk/Id/nhs-number"
	systemUBRN         = "https://fhir.nhs.uk/Id/UBRN"
	systemService      = "https://fhir.nhs.uk/Id/ers-service"
	extensionPortal    = "https://fhir.nhs.uk/StructureDefinition/Extension-Portal-Link"
	extensionPriority  = "https://fhir.nhs.uk/StructureDefinition/Extension-ServiceRequest-Priority"
	extensionState     = "https://fhir.nhs.uk/StructureDefinition/Extension-eRS-ServiceRequest-State"
	taskTriageDeferral = "TRIAGE_DEFERRAL"
	taskDeferral       = "APPOINTMENT_DEFERRAL"
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

func extensionIn(list []fhir.Extension, url string) *fhir.Extension {
	for i := range list {
		if list[i].Url == url {
			return &list[i]
		}
	}
	return nil
}

// codingOf gives the first coding of a concept; nil when there is none.
func codingOf(c *fhir.CodeableConcept) *fhir.Coding {
	if c == nil || len(c.Coding) == 0 {
		return nil
	}
	return &c.Coding[0]
}

func decode(raw json.RawMessage, into any) bool { return json.Unmarshal(raw, into) == nil }
