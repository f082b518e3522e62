package patientcare

import (
	"cmp"
	"slices"
	"strings"

	r4 "github.com/samply/golang-fhir-models/fhir-models/fhir"

	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/fhir"
	"github.com/patient-care-aggregator/aggregator/internal/referral"
)

// Reasons why something could not be shown, as metrics name them.
const (
	reasonEntry     = "entry"     // not an object with a resource
	reasonPart      = "part"      // shown, but for a part that has no readable form
	reasonType      = "type"      // a type that was not asked for
	reasonSubject   = "subject"   // it does not say whose it is
	reasonID        = "id"        // it has neither id, booking reference nor fullUrl
	reasonDate      = "date"      // a date that cannot be read
	reasonStatus    = "status"    // an appointment that is not booked, a task that ended, an error
	reasonOutcome   = "outcome"   // an OperationOutcome among the entries
	reasonOrphan    = "orphan"    // its referral is not in the answer
	reasonSecond    = "second"    // another appointment or task of the same referral
	reasonDuplicate = "duplicate" // a second one with the same id
	reasonRemark    = "remark"    // an OperationOutcome that is only information
	reasonTotal     = "total"     // fewer referrals than the bundle counts
	reasonService   = "service"   // its service could not be looked up
	reasonCategory  = "category"  // a request that is no referral
	reasonIncluded  = "included"  // what a referral refers to, which was not asked for
	reasonLink      = "link"      // it leads where no citizen may be sent
	reasonPage      = "page"      // the bundle says that there is a next page
)

const maxEntries = 5000

// found is what a bundle holds, all of it this citizen's.
type found struct {
	matches      int // entries that may be among those that total counts
	referrals    []*foundReferral
	appointments []*appointment
	tasks        []*task
	// Each thing that is not shown is counted in one of these, by reason. What is
	// unreadable becomes a notice; what is counted costs the citizen nothing.
	unreadable map[string]int
	counted    map[string]int
	// notices are what the unreadable things were, and which parts of what is shown
	// are missing.
	notices map[referral.NoticeCode]int
	// orphans are appointments and tasks whose referral is not in the answer, each as
	// a referral that has nothing else.
	orphans []*foundReferral
	// parts are unreadable parts of what is shown, by reason.
	parts map[string]int
}

// withOrphans is everything that is told.
func (f *found) withOrphans() []*foundReferral { return slices.Concat(f.referrals, f.orphans) }

type foundReferral struct {
	*serviceRequest

	key               string   // its name: id, otherwise booking reference, otherwise fullUrl
	aliases           []string // what else may refer to it, the surest first
	appointment       *appointment
	task              *task
	hiddenAppointment *appointment // one that is not shown, but names the service
}

// readBundle reads A001's answer entry by entry. The error is a Failure: of the
// structure, or with fhir.ErrForeignSubject; anything smaller costs its own entry.
func readBundle(body []byte, owner citizen.NHSNumber) (*found, error) {
	b, err := fhir.ReadBundle(body, owner, maxEntries)
	if err != nil {
		return nil, unreadable("referrals", err)
	}
	f := &found{
		unreadable: map[string]int{}, counted: map[string]int{},
		notices: map[referral.NoticeCode]int{}, parts: map[string]int{},
	}
	citizens := fhir.NewOwner(owner, b.Entries)
	for i := range b.Entries {
		if mayMatch(&b.Entries[i]) {
			f.matches++
		}
		if err := f.readEntry(&b.Entries[i], citizens); err != nil {
			return nil, err
		}
	}
	f.readTotal(&b)
	return f, nil
}

// mayMatch reports whether an entry may be one of those that a bundle's total counts:
// it counts matches only, and neither what they refer to nor what is said about the
// search (R4, Bundle.total).
func mayMatch(e *fhir.Entry) bool {
	switch e.Kind {
	case kindAppointment, kindTask, kindOutcome, "Patient", "Practitioner", "PractitionerRole", "Organization", "Location", kindService:
		return false
	}
	return e.Mode != "include" && e.Mode != "outcome"
}

// readTotal checks whether the bundle says that there is more than it holds.
func (f *found) readTotal(b *fhir.Bundle) {
	missing := 0
	if b.Total != nil {
		missing = *b.Total - f.matches
	}
	if missing > 0 {
		f.noteMissing(referral.MissingItem, reasonTotal, missing)
	}
	if b.HasNext && missing <= 0 {
		// e-RS promises one page. How much the next one holds is not known.
		f.noteMissing(referral.MissingItem, reasonPage, 1)
	}
}

// rejectEntry notes an entry that is not shown.
func (f *found) rejectEntry(what referral.NoticeCode, why string) {
	f.unreadable[why]++
	f.notices[what]++
}

// noteMissing notes n things that are missing in something shown, or in the whole
// answer.
func (f *found) noteMissing(what referral.NoticeCode, why string, n int) {
	f.parts[why] += n
	f.notices[what] += n
}

func (f *found) readEntry(e *fhir.Entry, owner fhir.Owner) error {
	switch e.Kind {
	case kindReferral:
		s := readServiceRequest(e.Resource)
		if ok, err := f.belongs(owner, e, s.Subject); !ok {
			return err
		}
		f.addReferral(s, e.FullURL)
	case kindAppointment:
		a := readAppointment(e.Resource)
		if ok, err := f.belongs(owner, e, pointers(a.Participant)...); !ok {
			return err
		}
		f.appointments = append(f.appointments, a)
	case kindTask:
		t := readTask(e.Resource)
		if ok, err := f.belongs(owner, e, t.For); !ok {
			return err
		}
		f.tasks = append(f.tasks, t)
	case kindOutcome:
		if fhir.ReadOutcome(e.Resource).IsRemark() {
			f.counted[reasonRemark]++
			return nil
		}
		f.rejectEntry(referral.UnreadableItem, reasonOutcome)
	case "":
		f.rejectEntry(referral.UnreadableItem, reasonEntry)
	case "Patient", "Practitioner", "PractitionerRole", "Organization", "Location", kindService:
		f.counted[reasonIncluded]++
	default:
		f.rejectEntry(referral.UnreadableItem, reasonType)
	}
	return nil
}

// belongs reports whether one of the references means the owner, and rejects the
// entry where none does. One that means somebody else is an error.
func (f *found) belongs(owner fhir.Owner, e *fhir.Entry, references ...*r4.Reference) (bool, error) {
	belongs := false
	for _, r := range references {
		ok, err := owner.Means(e.Resource, r)
		if err != nil {
			return false, unreadable(e.Kind, err)
		}
		belongs = belongs || ok
	}
	if !belongs {
		f.rejectEntry(noticeOf(e.Kind), reasonSubject)
	}
	return belongs, nil
}

func pointers(references []r4.Reference) []*r4.Reference {
	list := make([]*r4.Reference, len(references))
	for i := range references {
		list[i] = &references[i]
	}
	return list
}

// noticeOf is the notice for a resource of a kind that is not shown.
func noticeOf(kind string) referral.NoticeCode {
	switch kind {
	case kindAppointment:
		return referral.UnreadableAppointment
	case kindTask:
		return referral.UnreadableReview
	}
	return referral.UnreadableItem
}

func (f *found) addReferral(s *serviceRequest, fullURL string) {
	r := &foundReferral{serviceRequest: s}
	id, full := fhir.LocalID(s.ID), fhir.LocalID(fullURL)
	i := s.ubrnIdentifier()
	r.key = cmp.Or(fhir.ExactID(s.ID), text(i.Value), full)
	r.aliases = []string{id, full, text(i.Value), fhir.IdentifierName(i)}
	switch {
	case !s.isReferral():
		f.rejectEntry(referral.UnreadableItem, reasonCategory)
	case r.key == "":
		f.rejectEntry(referral.UnreadableItem, reasonID)
	case r.Status == statusError:
		f.rejectEntry(referral.UnreadableItem, reasonStatus)
	default:
		f.referrals = append(f.referrals, r)
	}
}

// ubrn is the booking reference that the citizen knows; empty where none of its form is
// in use.
func (s *serviceRequest) ubrn() string {
	value := ubrnDigits.Replace(text(s.ubrnIdentifier().Value))
	const length = 12 // of the published identifier
	if len(value) != length || strings.Trim(value, "0123456789") != "" {
		return ""
	}
	return value
}

// ubrnDigits takes out what people put between the digits.
var ubrnDigits = strings.NewReplacer(" ", "", "-", "", "\u00a0", "") //nolint:gochecknoglobals // never changes

// ubrnIdentifier is the one that is in use; an old one only names the referral.
func (s *serviceRequest) ubrnIdentifier() r4.Identifier {
	for _, i := range s.Identifier {
		if fhir.SameSystem(text(i.System), systemUBRN) && !isOld(i) {
			return i
		}
	}
	return r4.Identifier{}
}

// state is the referral's state, as far as its own status and FHIR's other modifiers
// let it count. Only active is known to be good.
func (s *serviceRequest) state() string {
	switch {
	case s.DoNotPerform || s.Status == "revoked" || s.Status == "completed":
		return referral.StateEnded
	case !s.stands():
		return ""
	}
	return s.State
}

// stands reports whether what the referral says may be relied on.
func (s *serviceRequest) stands() bool { return s.Status == statusActive && !s.Modified }

// isReferral reports whether it is of the category that was asked for. Servers may
// ignore what they are asked, and a request for advice is no referral.
func (s *serviceRequest) isReferral() bool {
	for i := range s.Category {
		for _, c := range s.Category[i].Coding {
			if text(c.Code) == categoryReferral {
				return true
			}
		}
	}
	// One without a category is taken for what was asked for if it has a state of e-RS.
	return len(s.Category) == 0 && s.State != ""
}

// Name implements fhir.Versioned.
func (r *foundReferral) Name() string { return r.key }

// Version implements fhir.Versioned.
func (r *foundReferral) Version() *r4.Meta { return r.Meta }

// Content implements fhir.Versioned.
func (r *foundReferral) Content() any { return r.serviceRequest }

// Name implements fhir.Versioned. Two appointments of one id that are of two referrals
// are two.
func (a *appointment) Name() string { return nameOf(a.ID, a.BasedOn...) }

// Version implements fhir.Versioned.
func (a *appointment) Version() *r4.Meta { return a.Meta }

// Content implements fhir.Versioned.
func (a *appointment) Content() any { return a }

// Name implements fhir.Versioned.
func (t *task) Name() string {
	if t.Focus == nil {
		return nameOf(t.ID)
	}
	return nameOf(t.ID, *t.Focus)
}

// nameOf is a resource's id as it was written, and what it is about; empty without id.
func nameOf(id string, about ...r4.Reference) string {
	name := fhir.ExactID(id)
	for i := range about {
		if name == "" {
			return ""
		}
		name += "\x00" + fhir.ExactID(text(about[i].Reference))
		if i := about[i].Identifier; i != nil {
			name += "\x00" + fhir.IdentifierName(*i)
		}
	}
	return name
}

// Version implements fhir.Versioned.
func (t *task) Version() *r4.Meta { return t.Meta }

// Content implements fhir.Versioned.
func (t *task) Content() any { return t }
