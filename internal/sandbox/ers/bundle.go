package ers

import (
	"net/http"
	"strconv"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/sandbox/citizens"
)

// bundle is the answer of A001 for one record.
type bundle struct {
	ers    *ERS
	record citizens.Record
	search search
}

func (b bundle) resource(r *http.Request, now time.Time) object {
	entries := b.entries()
	total := 0
	for _, entry := range entries {
		if o, ok := entry.(object); ok {
			if s, ok := o["search"].(object); ok && s["mode"] == "match" {
				total++
			}
		}
	}
	out := object{
		"resourceType": "Bundle", "id": b.ers.IDs.UUID(), "type": "searchset", "timestamp": instant(now), "total": total,
		"meta": object{
			"profile":     []any{"https://fhir.hl7.org.uk/StructureDefinition/UKCore-Bundle"},
			"lastUpdated": instant(now),
		},
		"link": []any{object{"relation": "self", "url": b.base() + "/ServiceRequest?" + r.URL.RawQuery}},
	}
	if len(entries) > 0 {
		out["entry"] = entries
	}
	return out
}

// entries come as e-RS sends them: the referrals, then what belongs to them.
func (b bundle) entries() []any {
	var matches, includes []any
	for _, r := range b.record.Referrals {
		times := 1
		if r.Twice {
			times = 2
		}
		for range times {
			if !r.Orphan {
				matches = append(matches, b.match(r))
			}
			if r.Appointment != nil && b.search.appointments {
				includes = append(includes, b.entry("Appointment/"+r.Appointment.ID, b.appointment(r), "include"))
			}
			if r.Review != nil && b.search.tasks {
				includes = append(includes, b.entry("Task/"+r.Review.ID, b.task(r), "include"))
			}
		}
	}
	return append(append(matches, includes...), b.record.Also...)
}

func (b bundle) match(r citizens.Referral) object {
	var resource any = b.serviceRequest(r)
	if r.Instead != nil {
		resource = r.Instead
	}
	return b.entry("ServiceRequest/"+prefixed(r.ID), resource, "match")
}

func (b bundle) entry(path string, resource any, mode string) object {
	return object{"fullUrl": b.base() + "/" + path, "resource": resource, "search": object{"mode": mode}}
}

// base is what full URLs start with.
func (b bundle) base() string {
	if b.record.Reference == "placeholder" {
		return "_baseUrl_"
	}
	return b.ers.URL + "/FHIR/R4"
}

// reference points to a referral in the record's own manner.
func (b bundle) reference(r citizens.Referral) string {
	switch b.record.Reference {
	case "relative":
		return "ServiceRequest/" + prefixed(r.ID)
	case "prefix":
		return b.base() + "/ServiceRequest/" + r.ID // the prefix is missing, as in the published mock
	}
	return b.base() + "/ServiceRequest/" + prefixed(r.ID)
}

func prefixed(id string) string { return "r." + id }

// at writes a time in the record's own manner.
func (b bundle) at(t time.Time) string {
	switch b.record.Times {
	case "z":
		return t.UTC().Format("2006-01-02T15:04:05Z")
	case "london":
		return t.Format("2006-01-02T15:04:05-07:00")
	}
	return t.UTC().Format("2006-01-02T15:04:05+00:00")
}

func meta(version int, profile string) object {
	return object{"versionId": strconv.Itoa(version), "profile": []any{"https://fhir.nhs.uk/StructureDefinition/" + profile}}
}

func identifier(system, value string) object { return object{"system": system, "value": value} }
