package consent

import (
	"time"

	"github.com/samply/golang-fhir-models/fhir-models/fhir"

	"github.com/patient-care-aggregator/aggregator/internal/citizen"
)

// Code systems of the FHIR R4 Consent (hl7.org/fhir/R4/consent.html), and ours.
const (
	consentScopes   = "http://terminology.hl7.org/CodeSystem/consentscope"
	consentCategory = "http://loinc.org"
	consentPolicies = "http://terminology.hl7.org/CodeSystem/consentpolicycodes"
	actionCodes     = "http://terminology.hl7.org/CodeSystem/consentaction"
	roleCodes       = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
	ours            = "https://github.com/patient-care-aggregator/aggregator/fhir/"
)

// FHIR returns the current state of a consent as a FHIR R4 Consent resource. It
// names the citizen as a receipt does, and the client by its id.
func FHIR(who citizen.Citizen, c Consent, by Controller) fhir.Consent {
	status := fhir.ConsentStateInactive
	if c.Status == StatusActive {
		status = fhir.ConsentStateActive
	}
	permit := fhir.ConsentProvisionTypePermit
	end := c.ExpiresAt
	if c.WithdrawnAt != nil {
		end = *c.WithdrawnAt
	}
	var purposes []fhir.Coding
	for _, s := range c.Scopes {
		purposes = append(purposes, coding(ours+"CodeSystem/consent-scope", string(s)))
	}
	rule := concept(consentPolicies, "cric") // Common Rule Informed Consent: the nearest of the list
	return fhir.Consent{
		Id:           &c.ID,
		Identifier:   []fhir.Identifier{*identifier("consent", c.ID)},
		Status:       status,
		Scope:        concept(consentScopes, "patient-privacy"),
		Category:     []fhir.CodeableConcept{concept(consentCategory, "59284-0")},
		Patient:      &fhir.Reference{Identifier: identifier("receipt-subject", holder(who))},
		DateTime:     instant(c.GrantedAt),
		Performer:    []fhir.Reference{{Identifier: identifier("receipt-subject", holder(who))}},
		Organization: []fhir.Reference{{Display: &by.Name}},
		Policy:       []fhir.ConsentPolicy{{Uri: &by.PolicyURL}},
		PolicyRule:   &rule,
		Provision: &fhir.ConsentProvision{
			Type:   &permit,
			Period: &fhir.Period{Start: instant(c.GrantedAt), End: instant(end)},
			Actor: []fhir.ConsentProvisionActor{{
				Role:      concept(roleCodes, "IRCP"), // information recipient
				Reference: fhir.Reference{Identifier: identifier("client", string(c.Client))},
			}},
			Action:  []fhir.CodeableConcept{concept(actionCodes, "access")},
			Purpose: purposes,
		},
	}
}

func coding(system, code string) fhir.Coding { return fhir.Coding{System: &system, Code: &code} }

func concept(system, code string) fhir.CodeableConcept {
	return fhir.CodeableConcept{Coding: []fhir.Coding{coding(system, code)}}
}

func identifier(name, value string) *fhir.Identifier {
	system := ours + "sid/" + name
	return &fhir.Identifier{System: &system, Value: &value}
}

func instant(t time.Time) *string {
	s := t.UTC().Format(time.RFC3339)
	return &s
}
