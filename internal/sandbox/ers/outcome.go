package ers

import (
	"net/http"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/sandbox/kit"
	"github.com/patient-care-aggregator/aggregator/internal/sandbox/recording"
)

const (
	systemAPI  = "https://fhir.nhs.uk/CodeSystem/NHSD-API-ErrorOrWarningCode"
	systemHTTP = "https://fhir.nhs.uk/CodeSystem/http-error-codes"
)

type object = map[string]any

// outcome is an OperationOutcome with one issue.
type outcome struct {
	status      int
	issue       string // IssueType
	system      string
	code        string
	diagnostics string
	expression  string
}

func (o outcome) issueObject() object {
	issue := object{
		"severity": "error", "code": o.issue,
		"details": object{"coding": []any{object{"system": o.system, "code": o.code}}},
	}
	if o.diagnostics != "" {
		issue["diagnostics"] = o.diagnostics
	}
	if o.expression != "" {
		issue["expression"] = []any{o.expression}
	}
	return issue
}

func outcomeOf(issue object, now time.Time) object {
	return object{
		"resourceType": "OperationOutcome",
		"meta": object{
			"profile":     []any{"https://fhir.nhs.uk/StructureDefinition/NHSDigital-OperationOutcome"},
			"lastUpdated": instant(now),
		},
		"issue": []any{issue},
	}
}

// refuse answers in e-RS's own form.
func (e *ERS) refuse(w http.ResponseWriter, r *http.Request, o outcome) {
	recording.From(r.Context()).Complaint(o.code + ": " + o.diagnostics)
	kit.WriteFHIR(w, o.status, outcomeOf(o.issueObject(), e.Now()))
}

// gatewayRefuses answers as the API gateway does: another content type, and a bare string
// where FHIR has a list.
func (e *ERS) gatewayRefuses(w http.ResponseWriter, r *http.Request, o outcome) {
	recording.From(r.Context()).Complaint(o.code + ": " + o.diagnostics)
	issue := o.issueObject()
	if o.expression != "" {
		issue["expression"] = o.expression
	}
	write := kit.WriteJSON
	if o.status == http.StatusTooManyRequests { // the only template of the gateway that says FHIR
		write = kit.WriteFHIR
	}
	write(w, o.status, outcomeOf(issue, e.Now()))
}

// Refuse answers with the outcome that belongs to a status, for ordered faults.
func (e *ERS) Refuse(w http.ResponseWriter, r *http.Request, status int) {
	if w.Header().Get("X-Request-ID") == "" {
		e.identify(w, r)
	}
	e.refuse(w, r, ordered(status))
}

func ordered(status int) outcome {
	o := outcome{status: status, issue: "exception", system: systemHTTP, code: "REC_SERVER_ERROR", diagnostics: "ordered by the sandbox"}
	switch status {
	case http.StatusBadRequest:
		o.issue, o.code = "required", "REC_BAD_REQUEST"
	case http.StatusUnauthorized:
		o.issue, o.system, o.code = "forbidden", systemAPI, "ACCESS_DENIED"
	case http.StatusForbidden:
		o.issue, o.code = "forbidden", "REC_FORBIDDEN"
	case http.StatusNotFound:
		o.issue, o.code = "not-found", "REC_NOT_FOUND"
	case http.StatusTooManyRequests:
		o.issue, o.system, o.code = "throttled", systemAPI, "TOO_MANY_REQUESTS"
	case http.StatusGatewayTimeout:
		o.system, o.code = systemAPI, "GATEWAY_TIMEOUT"
	}
	return o
}
