package patientcare

import (
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"github.com/samply/golang-fhir-models/fhir-models/fhir"

	"github.com/patient-care-aggregator/aggregator/internal/aggregate"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/problem"
)

// errForeignSubject says that an answer holds another person's data.
var errForeignSubject = errors.New("the answer holds another person's data")

// Reasons for which something could not be shown, as metrics name them.
const (
	reasonEntry     = "entry"     // not an object with a resource
	reasonResource  = "resource"  // not readable as the type it names
	reasonType      = "type"      // a type that nobody asked for
	reasonSubject   = "subject"   // does not say whose it is
	reasonID        = "id"        // nothing to call it by
	reasonDate      = "date"      // a date that is none
	reasonStatus    = "status"    // an appointment that is not booked
	reasonOutcome   = "outcome"   // an OperationOutcome among the entries
	reasonOrphan    = "orphan"    // its referral is not there
	reasonDuplicate = "duplicate" // a second one of the same id
	reasonTotal     = "total"     // fewer referrals than the bundle counts
)

const maxEntries = 5000

// found is what a bundle holds, read and not yet joined.
type found struct {
	referrals    []*referral
	byKey        map[string]int // where in referrals
	appointments []*appointment
	tasks        []*task
	unreadable   map[string]int // by reason; these become notices
	counted      map[string]int // by reason; these cost the citizen nothing
	missing      int            // referrals that total counts and entries lack
}

type referral struct {
	serviceRequest

	key         string // localID
	names       []string
	appointment *appointment
	task        *task
}

// readBundle reads A001's answer entry by entry. The error is errForeignSubject
// or a structure failure; anything smaller costs its own entry.
func readBundle(body []byte, owner citizen.NHSNumber) (*found, error) {
	var b bundle
	if err := json.Unmarshal(body, &b); err != nil {
		return nil, unusable("referrals are not a Bundle", err)
	}
	if b.ResourceType != "Bundle" || (b.Type != "" && b.Type != "searchset") {
		return nil, unusable("referrals are not a searchset Bundle", nil)
	}
	if len(b.Entry) > maxEntries {
		return nil, unusable("referrals are more than can be read", nil)
	}
	f := &found{byKey: map[string]int{}, unreadable: map[string]int{}, counted: map[string]int{}}
	for _, raw := range b.Entry {
		why, err := f.readEntry(raw, owner)
		if err != nil {
			return nil, err
		}
		if why != "" {
			f.unreadable[why]++
		}
	}
	if b.Total != nil {
		f.missing = max(0, *b.Total-len(f.referrals)-f.unreadableReferrals()-f.counted[reasonDuplicate])
	}
	return f, nil
}

// unreadableReferrals is how many entries may have been referrals: each could be
// one that total counts.
func (f *found) unreadableReferrals() int {
	n := 0
	for _, count := range f.unreadable {
		n += count
	}
	return n
}

// readEntry gives the reason why an entry cannot be read, empty when it was.
func (f *found) readEntry(raw json.RawMessage, owner citizen.NHSNumber) (string, error) {
	var e entry
	var kind struct {
		ResourceType string `json:"resourceType"`
	}
	if json.Unmarshal(raw, &e) != nil || len(e.Resource) == 0 || json.Unmarshal(e.Resource, &kind) != nil {
		return reasonEntry, nil
	}
	switch kind.ResourceType {
	case "ServiceRequest":
		return f.readReferral(e, owner)
	case "Appointment":
		var a appointment
		if json.Unmarshal(e.Resource, &a) != nil {
			return unreadableResource(e.Resource, owner)
		}
		var subjects []string
		for _, p := range a.Participant {
			if n := identifierIn(p.Actor, systemNHSNumber); n != "" {
				subjects = append(subjects, n)
			}
		}
		why, err := checkSubject(subjects, owner)
		if why == "" && err == nil {
			f.appointments = append(f.appointments, &a)
		}
		return why, err
	case "Task":
		var t task
		if json.Unmarshal(e.Resource, &t) != nil {
			return unreadableResource(e.Resource, owner)
		}
		why, err := checkSubject([]string{identifierOf(t.For)}, owner)
		if why == "" && err == nil {
			f.tasks = append(f.tasks, &t)
		}
		return why, err
	case "OperationOutcome":
		return readOutcome(e.Resource), nil
	case "":
		return reasonEntry, nil
	}
	return reasonType, nil
}

func (f *found) readReferral(e entry, owner citizen.NHSNumber) (string, error) {
	r := &referral{}
	if json.Unmarshal(e.Resource, &r.serviceRequest) != nil {
		return unreadableResource(e.Resource, owner)
	}
	if why, err := checkSubject([]string{identifierOf(&r.Subject)}, owner); why != "" || err != nil {
		return why, err
	}
	r.key = localID(text(r.Id))
	if r.key == "" {
		r.key = localID(e.FullURL)
	}
	if r.key == "" {
		return reasonID, nil
	}
	r.names = []string{r.key, localID(e.FullURL), localID(r.ubrn())}
	i, twice := f.byKey[r.key]
	switch {
	case !twice:
		f.byKey[r.key] = len(f.referrals)
		f.referrals = append(f.referrals, r)
	case newer(r.version(), f.referrals[i].version()):
		f.referrals[i] = r
		fallthrough
	default:
		f.counted[reasonDuplicate]++
	}
	return "", nil
}

// unreadableResource looks only for whose a resource is, for that decides before
// whether it can be read.
func unreadableResource(raw json.RawMessage, owner citizen.NHSNumber) (string, error) {
	var parts struct{ Subject, For, Participant json.RawMessage }
	if json.Unmarshal(raw, &parts) != nil {
		return reasonResource, nil
	}
	var numbers []string
	for _, part := range []json.RawMessage{parts.Subject, parts.For} {
		var r fhir.Reference
		if json.Unmarshal(part, &r) == nil {
			numbers = append(numbers, identifierIn(&r, systemNHSNumber))
		}
	}
	var participants []participant
	if json.Unmarshal(parts.Participant, &participants) == nil {
		for _, p := range participants {
			numbers = append(numbers, identifierIn(p.Actor, systemNHSNumber))
		}
	}
	_, err := checkSubject(numbers, owner)
	return reasonResource, err
}

// checkSubject tells whether all numbers given are the owner's. None at all
// cannot be shown, for nobody knows whose it is.
func checkSubject(numbers []string, owner citizen.NHSNumber) (string, error) {
	known := false
	for _, n := range numbers {
		if n == "" {
			continue
		}
		if n != owner.Reveal() {
			return "", &aggregate.Failure{
				Issue: aggregate.BusinessRule, Problem: problem.UpstreamUnavailable, NotStale: true, Cause: errForeignSubject,
			}
		}
		known = true
	}
	if !known {
		return reasonSubject, nil
	}
	return "", nil
}

// readOutcome passes over remarks; a warning or an error says that something is
// not as it should be.
func readOutcome(raw json.RawMessage) string {
	var o outcome
	if json.Unmarshal(raw, &o) != nil {
		return reasonOutcome
	}
	for _, issue := range o.Issue {
		if issue.Severity != "information" {
			return reasonOutcome
		}
	}
	return ""
}

// join gives each referral its appointment and task. Which of two of the same
// sort it gets does not depend on their order.
func (f *found) join(london *time.Location) {
	byName := map[string]*referral{}
	for _, r := range f.referrals {
		for _, name := range r.names {
			if name != "" {
				byName[name] = r
			}
		}
	}
	for _, a := range f.appointments {
		var r *referral
		for _, reference := range a.BasedOn {
			if found := byName[localID(text(reference.Reference))]; found != nil {
				r = found
			}
		}
		switch {
		case r == nil:
			f.unreadable[reasonOrphan]++
		case a.Status != "" && a.Status != "booked":
			// Shown as booked it would send somebody to a place for nothing.
			f.unreadable[reasonStatus]++
		case text(a.Start) != "" && !readable(text(a.Start), london):
			f.unreadable[reasonDate]++
		case r.appointment == nil:
			r.appointment = a
		default:
			f.counted[reasonDuplicate]++
			if text(a.Start)+text(a.Id) > text(r.appointment.Start)+text(r.appointment.Id) {
				r.appointment = a
			}
		}
	}
	for _, t := range f.tasks {
		var r *referral
		if t.Focus != nil {
			r = byName[localID(text(t.Focus.Reference))]
		}
		switch {
		case r == nil:
			f.unreadable[reasonOrphan]++
		case r.task == nil:
			r.task = t
		default:
			f.counted[reasonDuplicate]++
			if dueBy(t)+text(t.Id) > dueBy(r.task)+text(r.task.Id) {
				r.task = t
			}
		}
	}
}

func readable(instant string, london *time.Location) bool {
	_, ok := parseInstant(instant, london)
	return ok
}

func (r *referral) ubrn() string {
	for _, i := range r.Identifier {
		if text(i.System) == systemUBRN {
			return text(i.Value)
		}
	}
	return ""
}

func (r *referral) version() string {
	if r.Meta == nil {
		return ""
	}
	return text(r.Meta.VersionId)
}

// newer compares versions, which are numbers in all that e-RS has sent.
func newer(a, b string) bool {
	m, errM := strconv.Atoi(a)
	n, errN := strconv.Atoi(b)
	if errM == nil && errN == nil {
		return m > n
	}
	return a > b
}

func dueBy(t *task) string {
	if t.Restriction == nil || t.Restriction.Period == nil {
		return ""
	}
	return text(t.Restriction.Period.End)
}
