package patientcare

import (
	"cmp"
	"slices"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/fhir"
	"github.com/patient-care-aggregator/aggregator/internal/referral"
)

// join adds to each referral its appointment and task. The result, and what is
// noted as missing, does not depend on the order of the entries.
func (f *found) join(london *time.Location) {
	f.tellApart()
	all := f.referrals
	duplicateCount := len(f.referrals) + len(f.appointments) + len(f.tasks)
	f.referrals, f.appointments, f.tasks = fhir.Latest(f.referrals), fhir.Latest(f.appointments), fhir.Latest(f.tasks)
	duplicateCount -= len(f.referrals) + len(f.appointments) + len(f.tasks)
	if duplicateCount > 0 {
		f.counted[reasonDuplicate] += duplicateCount
	}

	index := newIndex(all, f.referrals)
	for _, a := range f.appointments {
		f.joinAppointment(a, index.First(a.BasedOn), london)
	}
	for _, t := range f.tasks {
		f.joinTask(t, index.Find(t.Focus))
	}
	for _, r := range f.referrals {
		f.noteParts(r, london)
	}
}

// addOrphan keeps what has no referral: the citizen must learn of its date.
func (f *found) addOrphan(name string, a *appointment, t *task) {
	f.rejectEntry(referral.Orphan, reasonOrphan)
	f.orphans = append(f.orphans, &foundReferral{serviceRequest: &serviceRequest{}, key: "orphan/" + name, appointment: a, task: t})
}

// tellApart gives referrals of one id different names where they have different
// booking references: then they are two, and not two versions of one.
func (f *found) tellApart() {
	references := map[string]map[string]bool{}
	for _, r := range f.referrals {
		if references[r.key] == nil {
			references[r.key] = map[string]bool{}
		}
		if ubrn := text(r.ubrnIdentifier().Value); ubrn != "" {
			references[r.key][ubrn] = true
		}
	}
	for _, r := range f.referrals {
		if len(references[r.key]) > 1 {
			r.key += "|" + text(r.ubrnIdentifier().Value)
		}
	}
}

func (f *found) joinAppointment(a *appointment, r *foundReferral, london *time.Location) {
	switch {
	case r == nil && a.stands() && !a.startUnreadable(london):
		f.addOrphan(a.Name(), a, nil)
	case r == nil:
		f.rejectEntry(referral.Orphan, reasonOrphan)
	case !a.stands():
		// Shown as booked, it would send a citizen to an appointment that does not exist.
		f.rejectEntry(referral.UnreadableAppointment, reasonStatus)
		r.hiddenAppointment = better(r.hiddenAppointment, a, london)
	case a.startUnreadable(london):
		// Shown without its start, it would say that staff will send the date.
		f.rejectEntry(referral.UnreadableAppointment, reasonDate)
		r.hiddenAppointment = better(r.hiddenAppointment, a, london)
	default:
		if r.appointment != nil {
			f.rejectEntry(referral.UnreadableAppointment, reasonSecond)
		}
		r.appointment = better(r.appointment, a, london)
	}
}

// stands reports whether it is booked, as far as its status says.
func (a *appointment) stands() bool { return a.Status == statusBooked && !a.Modified }

// startUnreadable reports whether a start is there in some form and cannot be
// read. A start that e-RS omitted is not unreadable.
func (a *appointment) startUnreadable(london *time.Location) bool {
	if a.Start == nil {
		return a.Lost > 0 || a.StartExplained || a.Slotted
	}
	_, ok := fhir.ParseInstant(*a.Start, london)
	return !ok
}

// better chooses between two appointments of one referral, where e-RS should have
// one only: the one with a start, then the one changed last, then the later one.
func better(a, b *appointment, london *time.Location) *appointment {
	if a == nil {
		return b
	}
	startA, hasA := fhir.ParseInstant(text(a.Start), london)
	startB, hasB := fhir.ParseInstant(text(b.Start), london)
	switch {
	case hasA != hasB:
		if hasB {
			return b
		}
		return a
	case cmp.Or(fhir.CompareUpdated(a.Meta, b.Meta), startA.Compare(startB), fhir.CompareContent(a, b)) < 0:
		return b
	}
	return a
}

// stands reports whether somebody still means to do it, as far as its status says.
func (t *task) stands() bool {
	return !t.Modified && slices.Contains([]string{"requested", "received", "accepted", "ready", "in-progress"}, t.Status)
}

func (f *found) joinTask(t *task, r *foundReferral) {
	switch {
	case r == nil && t.stands():
		f.addOrphan(t.Name(), nil, t)
	case r == nil:
		f.rejectEntry(referral.Orphan, reasonOrphan)
	case !t.stands():
		// Shown as in progress, it would keep a citizen waiting for nothing.
		f.rejectEntry(referral.UnreadableReview, reasonStatus)
	case r.task == nil:
		r.task = t
	default:
		f.rejectEntry(referral.UnreadableReview, reasonSecond)
		if cmp.Or(fhir.CompareUpdated(r.task.Meta, t.Meta), cmp.Compare(r.task.Due, t.Due), fhir.CompareContent(r.task, t)) < 0 {
			r.task = t
		}
	}
}

// noteParts notes what is missing in a referral that is shown.
func (f *found) noteParts(r *foundReferral, london *time.Location) {
	day := func(d *string) bool { return d == nil || parseDay(*d, london) != (referral.Date{}) }
	lost := r.Lost
	if r.state() == "" && !r.stands() {
		f.noteMissing(referral.UnreadablePart, reasonStatus, 1)
	}
	if r.Referrer.Lost || r.ubrn() == "" && len(r.Identifier) > 0 {
		lost++
	}
	if !day(r.AuthoredOn) {
		f.noteMissing(referral.UnreadablePart, reasonDate, 1)
	}
	if a := r.appointment; a != nil {
		lost += a.Lost
		if _, ok := fhir.ParseInstant(text(a.End), london); a.End != nil && !ok {
			f.noteMissing(referral.UnreadablePart, reasonDate, 1)
		}
	}
	if t := r.task; t != nil {
		lost += t.Lost
		if t.Due != "" && !day(&t.Due) {
			f.noteMissing(referral.UnreadableReview, reasonDate, 1)
		}
	}
	if lost > 0 {
		f.noteMissing(referral.UnreadablePart, reasonPart, lost)
	}
}

// newIndex names the referrals that are kept, also by what older copies of them
// were called.
func newIndex(all, kept []*foundReferral) *fhir.Index[*foundReferral] {
	byKey := make(map[string]*foundReferral, len(kept))
	for _, r := range kept {
		byKey[r.key] = r
	}
	index := fhir.NewIndex[*foundReferral](kindReferral, 4*len(kept))
	for _, r := range all {
		index.AddID(byKey[r.key], r.ID)
		index.Add(byKey[r.key], r.aliases...)
	}
	return index
}
