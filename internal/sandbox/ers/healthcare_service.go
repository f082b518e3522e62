package ers

import (
	"net/http"

	"github.com/patient-care-aggregator/aggregator/internal/sandbox/kit"
	"github.com/patient-care-aggregator/aggregator/internal/sandbox/platform"
)

// healthcareService is A002, GET /FHIR/R4/HealthcareService/{id}.
func (e *ERS) healthcareService(w http.ResponseWriter, r *http.Request, _ platform.Token) {
	s, ok := e.People.Service(r.PathValue("id"))
	if !ok {
		e.refuse(w, r, outcome{
			status: http.StatusNotFound, issue: "not-found", system: systemHTTP, code: "REC_NOT_FOUND",
			diagnostics: "No healthcare service has this id.",
		})
		return
	}
	if s.Fails != 0 {
		e.refuse(w, r, ordered(s.Fails))
		return
	}
	out := object{
		"resourceType": "HealthcareService", "id": s.ID,
		"meta":       meta(0, "NHSDigital-HealthcareService-PatientCare"),
		"identifier": []any{identifier(serviceSystem, s.ID)},
		"name":       s.Name,
		"providedBy": object{"identifier": identifier("https://fhir.nhs.uk/Id/ods-organization-code", s.Provider)},
		"specialty": []any{object{"coding": []any{object{
			"system": "https://fhir.nhs.uk/CodeSystem/eRS-Specialty", "code": s.Specialty, "display": e.People.Specialty(s.Specialty),
		}}}},
	}
	locations := make([]any, 0, len(s.Sites))
	for _, site := range s.Sites {
		locations = append(locations, object{"identifier": identifier("https://fhir.nhs.uk/Id/ods-site-code", site)})
	}
	out["location"] = locations
	if s.Type != "" {
		out["type"] = []any{object{"coding": []any{object{"system": "https://fhir.nhs.uk/CodeSystem/eRS-AppointmentType", "code": s.Type}}}}
	}
	if s.ASID != "" {
		out["endpoint"] = []any{object{"identifier": identifier("https://fhir.nhs.uk/Id/nhsSpineASID", s.ASID)}}
	}
	kit.WriteFHIR(w, http.StatusOK, out)
}
