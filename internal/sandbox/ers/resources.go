package ers

import (
	"github.com/patient-care-aggregator/aggregator/internal/sandbox/citizens"
)

const serviceSystem = "https://fhir.nhs.uk/Id/ers-service"

// sdsUser is the referrer's id in the Spine Directory Service, which no citizen may see.
const sdsUser = "000000000101"

func (b bundle) serviceRequest(r citizens.Referral) object {
	practitioner := "PractitionerRole-" + r.Referrer + "-" + sdsUser
	out := object{
		"resourceType": "ServiceRequest", "id": prefixed(r.ID),
		"meta":       meta(r.Version, "NHSDigital-ServiceRequest-PatientCare"),
		"identifier": []any{identifier("https://fhir.nhs.uk/Id/UBRN", r.UBRN)},
		"extension": []any{
			object{"url": "https://fhir.nhs.uk/StructureDefinition/Extension-Portal-Link", "valueUrl": "https://refer.nhs.uk/nhslogin?ubrn=" + r.UBRN},
			object{
				"url": "https://fhir.nhs.uk/StructureDefinition/Extension-eRS-ServiceRequest-State",
				"extension": []any{object{"url": "state", "valueCoding": object{
					"system": "https://fhir.nhs.uk/CodeSystem/eRS-ReferralState", "code": r.State,
				}}},
			},
			object{"url": "https://fhir.nhs.uk/StructureDefinition/Extension-ServiceRequest-Priority", "valueCoding": object{
				"system": "https://fhir.nhs.uk/CodeSystem/eRS-Priority", "code": r.Priority, "display": priorityDisplay(r.Priority),
			}},
		},
		"contained": []any{object{
			"resourceType": "PractitionerRole", "id": practitioner,
			"meta":         object{"profile": []any{"https://fhir.nhs.uk/StructureDefinition/NHSDigital-PractitionerRole-Minimal"}},
			"practitioner": object{"identifier": identifier("https://fhir.nhs.uk/Id/sds-user-id", sdsUser)},
			"organization": object{"identifier": identifier("https://fhir.nhs.uk/Id/ods-organization-code", r.Referrer)},
		}},
		"status": "active", "intent": "order", "priority": priority(r.Priority),
		"category":   []any{object{"coding": []any{object{"system": snomed, "code": patientReferral}}}},
		"subject":    object{"identifier": identifier(nhsNumberSystem, r.Patient)},
		"requester":  object{"reference": "#" + practitioner},
		"authoredOn": b.at(r.Referred),
	}
	if r.Specialty.Code != "" {
		out["performerType"] = object{"coding": []any{object{
			"system": "https://fhir.nhs.uk/CodeSystem/eRS-Specialty", "code": r.Specialty.Code, "display": r.Specialty.Display,
		}}}
	}
	for _, name := range r.Omit {
		delete(out, name)
	}
	for name, value := range r.Set {
		out[name] = value
	}
	return out
}

// priority is FHIR's word for e-RS's.
func priority(code string) string {
	switch code {
	case "URGENT":
		return "urgent"
	case "TWO_WEEK_WAIT":
		return "asap"
	}
	return "routine"
}

func priorityDisplay(code string) string {
	switch code {
	case "URGENT":
		return "Urgent"
	case "TWO_WEEK_WAIT":
		return "2 Week Wait"
	}
	return "Routine"
}

func (b bundle) appointment(r citizens.Referral) object {
	a := r.Appointment
	out := object{
		"resourceType": "Appointment", "id": a.ID, "status": "booked",
		"meta":    meta(r.Version, "NHSDigital-Appointment-PatientCare"),
		"basedOn": []any{object{"reference": b.reference(r)}},
		"participant": []any{
			object{"actor": object{"identifier": identifier(serviceSystem, r.Service)}, "status": "accepted"},
			object{"actor": object{"identifier": identifier(nhsNumberSystem, r.Patient)}, "status": "accepted"},
		},
	}
	if a.Start.IsZero() {
		return out
	}
	out["start"], out["end"] = b.at(a.Start), b.at(a.End)
	if s, ok := b.ers.People.Service(r.Service); ok && s.ASID != "" { // directly bookable
		out["slot"] = []any{object{"identifier": identifier("https://fhir.nhs.uk/Id/unique-slot-reference-number", "USRN-"+r.UBRN)}}
	}
	return out
}

func (b bundle) task(r citizens.Referral) object {
	out := object{
		"resourceType": "Task", "id": r.Review.ID, "status": "requested", "intent": "order",
		"meta":  meta(r.Version, "NHSDigital-Task-PatientCare"),
		"code":  object{"coding": []any{object{"system": "https://fhir.nhs.uk/CodeSystem/Workflow-Code", "code": r.Review.Kind}}},
		"focus": object{"reference": b.reference(r)},
		"for":   object{"identifier": identifier(nhsNumberSystem, r.Patient)},
		"owner": object{"identifier": identifier(serviceSystem, r.Service)},
	}
	if r.Review.Due != "" {
		out["restriction"] = object{"period": object{"end": r.Review.Due}}
	}
	return out
}
