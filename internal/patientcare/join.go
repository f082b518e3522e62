package patientcare

import (
	"cmp"
	"slices"
	"time"

	"github.com/samply/golang-fhir-models/fhir-models/fhir"

	"github.com/patient-care-aggregator/aggregator/internal/aggregate"
	"github.com/patient-care-aggregator/aggregator/internal/referral"
)

// join gives each referral its appointment and task. What it gets, and what is
// said to be lacking, does not depend on the order of the entries.
func (f *found) join(london *time.Location) {
	all := f.referrals
	twice := len(f.referrals) + len(f.appointments) + len(f.tasks)
	f.referrals, f.appointments, f.tasks = latest(f.referrals), latest(f.appointments), latest(f.tasks)
	twice -= len(f.referrals) + len(f.appointments) + len(f.tasks)
	if twice > 0 {
		f.counted[reasonDuplicate] += twice
	}

	index := newIndex(all, f.referrals)
	for _, a := range f.appointments {
		f.joinAppointment(a, index.first(a.BasedOn), london)
	}
	for _, t := range f.tasks {
		var r *foundReferral
		if t.Focus != nil {
			r = index.find(text(t.Focus.Reference))
		}
		f.joinTask(t, r)
	}
	for _, r := range f.referrals {
		f.lookForParts(r, london)
	}
}

func (f *found) joinAppointment(a *appointment, r *foundReferral, london *time.Location) {
	switch {
	case r == nil:
		f.leave(aggregate.Orphan, reasonOrphan)
	case a.Status != "" && a.Status != "booked":
		// Shown as booked it would send somebody to a place for nothing.
		f.leave(aggregate.UnreadableAppointment, reasonStatus)
		r.unshown = better(r.unshown, a, london)
	case a.startUnreadable(london):
		// Shown without its start it would say that staff will send the date.
		f.leave(aggregate.UnreadableAppointment, reasonDate)
		r.unshown = better(r.unshown, a, london)
	default:
		if r.appointment != nil {
			f.leave(aggregate.UnreadableAppointment, reasonSecond)
		}
		r.appointment = better(r.appointment, a, london)
	}
}

// startUnreadable tells a start that is there in some form and cannot be read
// from one that e-RS left out.
func (a *appointment) startUnreadable(london *time.Location) bool {
	if a.Start == nil {
		return a.lost > 0 || (len(a.StartNote) > 0 && string(a.StartNote) != "null")
	}
	_, ok := parseInstant(*a.Start, london)
	return !ok
}

// better chooses between two appointments of one referral, of which e-RS should
// hold one: the one with a start, the one that was changed last, the later one.
func better(a, b *appointment, london *time.Location) *appointment {
	if a == nil {
		return b
	}
	startA, hasA := parseInstant(text(a.Start), london)
	startB, hasB := parseInstant(text(b.Start), london)
	switch {
	case hasA != hasB:
		if hasB {
			return b
		}
		return a
	case cmp.Or(compareUpdated(a.Meta, b.Meta), startA.Compare(startB), compareContent(a, b)) < 0:
		return b
	}
	return a
}

func (f *found) joinTask(t *task, r *foundReferral) {
	switch {
	case r == nil:
		f.leave(aggregate.Orphan, reasonOrphan)
	case slices.Contains([]string{"rejected", "cancelled", "failed", "completed", statusError}, t.Status):
		// Shown as under way it would have somebody wait for nothing.
		f.leave(aggregate.UnreadableReview, reasonStatus)
	case r.task == nil:
		r.task = t
	default:
		f.leave(aggregate.UnreadableReview, reasonSecond)
		if cmp.Or(compareUpdated(r.task.Meta, t.Meta), cmp.Compare(r.task.dueBy(), t.dueBy()), compareContent(r.task, t)) < 0 {
			r.task = t
		}
	}
}

func (t *task) dueBy() string {
	if t.Restriction == nil || t.Restriction.Period == nil {
		return ""
	}
	return text(t.Restriction.Period.End)
}

// lookForParts names what a referral that is shown lacks.
func (f *found) lookForParts(r *foundReferral, london *time.Location) {
	day := func(d *string) bool { return d == nil || parseDay(*d, london) != (referral.Date{}) }
	lost := r.lost
	if !day(r.AuthoredOn) {
		f.lack(aggregate.UnreadablePart, reasonDate, 1)
	}
	if a := r.appointment; a != nil {
		lost += a.lost
		if _, ok := parseInstant(text(a.End), london); a.End != nil && !ok {
			f.lack(aggregate.UnreadablePart, reasonDate, 1)
		}
	}
	if t := r.task; t != nil {
		lost += t.lost
		if due := t.dueBy(); due != "" && !day(&due) {
			f.lack(aggregate.UnreadableReview, reasonDate, 1)
		}
	}
	if lost > 0 {
		f.lack(aggregate.UnreadablePart, reasonPart, lost)
	}
}

// index finds referrals by what refers to them.
type index map[string]place

type place struct {
	referral *foundReferral // nil where two have the same claim to the name
	rank     int            // of the alias: 0 is the surest
}

// newIndex names those that are kept, also by what older ones of the same key
// were called.
func newIndex(all, kept []*foundReferral) index {
	byKey := make(map[string]*foundReferral, len(kept))
	for _, r := range kept {
		byKey[r.key] = r
	}
	x := make(index, len(kept))
	for _, each := range all {
		r := byKey[each.key]
		for rank, name := range each.aliases {
			known, taken := x[name]
			switch {
			case name == "" || (taken && known.rank < rank):
			case !taken || known.rank > rank:
				x[name] = place{r, rank}
			case known.referral != r:
				x[name] = place{nil, rank}
			}
		}
	}
	return x
}

func (x index) find(reference string) *foundReferral {
	return x[referredID(reference, "servicerequest")].referral
}

// first gives the referral of the first reference that means one.
func (x index) first(references []fhir.Reference) *foundReferral {
	for i := range references {
		if r := x.find(text(references[i].Reference)); r != nil {
			return r
		}
	}
	return nil
}
