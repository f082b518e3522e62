package ods

import (
	"net/http"
	"strings"

	"github.com/patient-care-aggregator/aggregator/internal/sandbox/citizens"
	"github.com/patient-care-aggregator/aggregator/internal/sandbox/kit"
	"github.com/patient-care-aggregator/aggregator/internal/sandbox/recording"
	"github.com/patient-care-aggregator/aggregator/internal/sandbox/registry"
)

// Base is the path of the API.
const Base = "/organisation-data-terminology-api"

type object = map[string]any

// ODS is the API. It holds no state.
type ODS struct {
	Apps      *registry.Registry
	Directory *citizens.Catalogue
}

// Routes of the API.
func (o *ODS) Routes() []kit.Route {
	return []kit.Route{
		{Pattern: "GET " + Base + "/fhir/Organization/{code}", Operation: "Organization", Handler: o.organization},
	}
}

// Refuse answers with an OperationOutcome of a status.
func (o *ODS) Refuse(w http.ResponseWriter, _ *http.Request, status int) {
	outcome(w, status, "exception", http.StatusText(status))
}

func (o *ODS) organization(w http.ResponseWriter, r *http.Request) {
	app, ok := o.Apps.ByODSAPIKey(r.Header.Get("apikey"))
	if !ok {
		recording.From(r.Context()).Complaint("apikey is missing or unknown")
		o.refuseKey(w, r.Header.Get("apikey"))
		return
	}
	recording.From(r.Context()).App(app.ODSAPIKey)
	found, ok := o.Directory.Organisation(r.PathValue("code"))
	if !ok {
		outcome(w, http.StatusNotFound, "not-found", "No organisation has this code.")
		return
	}
	kit.WriteFHIR(w, http.StatusOK, resource(found))
}

// refuseKey answers as the gateway does: a fault in its own form, not FHIR.
func (o *ODS) refuseKey(w http.ResponseWriter, key string) {
	text, code := "Invalid ApiKey", "oauth.v2.InvalidApiKey"
	if key == "" {
		text, code = "Failed to resolve API Key variable request.header.apikey", "steps.oauth.v2.FailedToResolveAPIKey"
	}
	kit.WriteJSON(w, http.StatusUnauthorized, object{"fault": object{"faultstring": text, "detail": object{"errorcode": code}}})
}

func resource(o citizens.Organisation) object {
	system := "https://fhir.nhs.uk/Id/ods-organization-code"
	if strings.HasSuffix(o.Role, "SITE") {
		system = "https://fhir.nhs.uk/Id/ods-site-code"
	}
	out := object{
		"resourceType": "Organization", "id": o.Code,
		"identifier": []any{object{"system": system, "value": o.Code}},
		"active":     !o.Closed, "name": o.Name,
		"type": []any{object{"coding": []any{object{"display": o.Role}}}},
		"address": []any{object{
			"line": o.Address, "city": o.City, "postalCode": o.Postcode, "country": "ENGLAND",
		}},
	}
	if o.Phone != "" {
		out["telecom"] = []any{object{"system": "phone", "value": o.Phone}}
	}
	return out
}

func outcome(w http.ResponseWriter, status int, code, diagnostics string) {
	kit.WriteFHIR(w, status, object{
		"resourceType": "OperationOutcome",
		"issue":        []any{object{"severity": "error", "code": code, "diagnostics": diagnostics}},
	})
}
