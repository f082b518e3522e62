package ers

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/sandbox/kit"
	"github.com/patient-care-aggregator/aggregator/internal/sandbox/platform"
)

const (
	nhsNumberSystem = "https://fhir.nhs.uk/Id/nhs-number"
	snomed          = "http://snomed.info/sct"
	patientReferral = "3457005"
)

// search is the query of A001, checked.
type search struct {
	nhsNumber    string
	appointments bool
	tasks        bool
}

// serviceRequests is A001, GET /FHIR/R4/ServiceRequest.
func (e *ERS) serviceRequests(w http.ResponseWriter, r *http.Request, t platform.Token) {
	s, bad := readSearch(r)
	if bad != nil {
		e.refuse(w, r, *bad)
		return
	}
	c, err := e.People.Find(t.Citizen)
	if err != nil || c.NHSNumber == "" || c.NHSNumber != s.nhsNumber {
		e.refuse(w, r, outcome{
			status: http.StatusForbidden, issue: "forbidden", system: systemHTTP, code: "REC_FORBIDDEN",
			diagnostics: "The NHS number is not that of the signed-in patient.",
		})
		return
	}
	record, err := e.People.Record(c.Name)
	if err != nil {
		e.refuse(w, r, ordered(http.StatusInternalServerError))
		return
	}
	b := bundle{ers: e, record: record, search: s}
	kit.WriteFHIR(w, http.StatusOK, b.resource(r, e.Now()))
}

func readSearch(r *http.Request) (search, *outcome) {
	q := r.URL.Query()
	bad := func(issue, name, why string) (search, *outcome) {
		return search{}, &outcome{
			status: http.StatusBadRequest, issue: issue, system: systemHTTP, code: "REC_BAD_REQUEST",
			diagnostics: name + " " + why, expression: `http."` + name + `"`,
		}
	}
	for name := range q {
		if !slices.Contains([]string{"patient:identifier", "category", "_revinclude"}, name) {
			return bad("exception", name, "is not a parameter of this operation")
		}
	}
	for _, name := range []string{"patient:identifier", "category"} {
		switch len(q[name]) {
		case 0:
			return bad("required", name, "is missing")
		case 1:
		default:
			return bad("exception", name, "is repeated")
		}
	}
	number, ok := token(q.Get("patient:identifier"), nhsNumberSystem)
	if !ok || len(number) != 10 || strings.Trim(number, "0123456789") != "" {
		return bad("exception", "patient:identifier", "is not an NHS number")
	}
	if category, ok := token(q.Get("category"), snomed); !ok || category != patientReferral {
		return bad("exception", "category", "is not "+snomed+"|"+patientReferral)
	}
	s := search{nhsNumber: number}
	for _, include := range q["_revinclude"] {
		switch include {
		case "Appointment:based-on":
			s.appointments = true
		case "Task:focus":
			s.tasks = true
		default:
			return bad("exception", "_revinclude", "is neither Appointment:based-on nor Task:focus")
		}
	}
	if n := len(q["_revinclude"]); n != 0 && (n != 2 || !s.appointments || !s.tasks) {
		return bad("exception", "_revinclude", "is given as both Appointment:based-on and Task:focus, or not at all")
	}
	return s, nil
}

// token reads a FHIR token of a system; the system may be missing.
func token(text, system string) (string, bool) {
	before, after, hasSystem := strings.Cut(text, "|")
	if !hasSystem {
		return before, before != ""
	}
	return after, before == system && after != ""
}

// instant writes a moment as e-RS does: milliseconds and a numeric offset.
func instant(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000+00:00") }
