package patientcare

import (
	"cmp"

	"github.com/patient-care-aggregator/aggregator/internal/aggregate"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
)

// Reasons for which something could not be shown, as metrics name them.
const (
	reasonEntry     = "entry"     // not an object with a resource
	reasonPart      = "part"      // shown, but for a part that has no readable form
	reasonType      = "type"      // a type that nobody asked for
	reasonSubject   = "subject"   // does not say whose it is
	reasonID        = "id"        // nothing to call it by
	reasonDate      = "date"      // a date that is none
	reasonStatus    = "status"    // an appointment that is not booked, a task that ended, an error
	reasonOutcome   = "outcome"   // an OperationOutcome among the entries
	reasonOrphan    = "orphan"    // its referral is not there
	reasonSecond    = "second"    // one more appointment or task of the same referral
	reasonDuplicate = "duplicate" // a second one of the same id
	reasonRemark    = "remark"    // an OperationOutcome that is information alone
	reasonTotal     = "total"     // fewer referrals than the bundle counts
	reasonService   = "service"   // its service could not be looked up
	reasonPage      = "page"      // the bundle says that it goes on elsewhere
)

const maxEntries = 5000

// found is what a bundle holds, each of this citizen.
type found struct {
	referrals    []*foundReferral
	appointments []*appointment
	tasks        []*task
	// Each thing that is not shown is in one of these, by reason: unreadable
	// becomes a notice, counted costs the citizen nothing.
	unreadable map[string]int
	counted    map[string]int
	// notices tell what the unreadable things were, and which parts of what is
	// shown are lacking.
	notices map[aggregate.NoticeCode]int
	// parts are unreadable parts of what is shown, by reason.
	parts map[string]int
}

type foundReferral struct {
	*serviceRequest

	key         string   // what it is called by
	aliases     []string // what else may refer to it, the surest first
	appointment *appointment
	task        *task
	unshown     *appointment // one that is not shown, but names the service
}

// readBundle reads A001's answer entry by entry. The error is errForeignSubject
// or a structure failure; anything smaller costs its own entry.
func readBundle(body []byte, owner citizen.NHSNumber) (*found, error) {
	b, err := decodeBundle(body)
	if err != nil {
		return nil, err
	}
	if holdsForeign(body, owner) {
		return nil, foreignSubject()
	}
	f := &found{
		unreadable: map[string]int{}, counted: map[string]int{},
		notices: map[aggregate.NoticeCode]int{}, parts: map[string]int{},
	}
	for i := range b.Entry {
		if err := f.readEntry(&b.Entry[i], owner); err != nil {
			return nil, err
		}
	}
	f.readTotal(&b)
	return f, nil
}

// readTotal looks whether the bundle says that there is more than it holds. Each
// unreadable entry can be one of the referrals that total counts.
func (f *found) readTotal(b *bundle) {
	missing := 0
	if b.Total != nil {
		missing = *b.Total - len(f.referrals)
		for _, n := range f.unreadable {
			missing -= n
		}
	}
	if missing > 0 {
		f.lack(aggregate.MissingItem, reasonTotal, missing)
	}
	for _, l := range b.Link {
		if l.Relation == "next" && missing <= 0 {
			// e-RS promises one page. How much the next one holds, nobody knows.
			f.lack(aggregate.MissingItem, reasonPage, 1)
		}
	}
}

// leave notes an entry that is not shown.
func (f *found) leave(what aggregate.NoticeCode, why string) {
	f.unreadable[why]++
	f.notices[what]++
}

// lack notes n things that something shown, or the whole answer, lacks.
func (f *found) lack(what aggregate.NoticeCode, why string, n int) {
	f.parts[why] += n
	f.notices[what] += n
}

func (f *found) readEntry(e *entry, owner citizen.NHSNumber) error {
	r := &e.Resource
	what := noticeOf(r.kind)
	if r.kind == "" {
		f.leave(what, reasonEntry)
		return nil
	}
	owners, err := r.whose(owner)
	switch {
	case err != nil:
		return err
	case r.outcome != nil && r.outcome.isRemark():
		f.counted[reasonRemark]++
	case r.outcome != nil:
		f.leave(what, reasonOutcome)
	case r.referral == nil && r.appointment == nil && r.task == nil:
		f.leave(what, reasonType)
	case !owners:
		f.leave(what, reasonSubject)
	case r.referral != nil:
		f.readReferral(e)
	case r.appointment != nil:
		f.appointments = append(f.appointments, r.appointment)
	case r.task != nil:
		f.tasks = append(f.tasks, r.task)
	}
	return nil
}

// noticeOf says what the citizen is told when a resource of a kind is not shown.
func noticeOf(kind string) aggregate.NoticeCode {
	switch kind {
	case kindAppointment:
		return aggregate.UnreadableAppointment
	case kindTask:
		return aggregate.UnreadableReview
	}
	return aggregate.UnreadableItem
}

// whose tells whether the resource says that it is the owner's.
func (r *resource) whose(owner citizen.NHSNumber) (owners bool, err error) {
	switch {
	case r.referral != nil:
		return whose(r.referral.Subject, owner)
	case r.task != nil:
		return whose(r.task.For, owner)
	case r.appointment != nil:
		for _, p := range r.appointment.Participant {
			one, err := whose(p.Actor, owner)
			if err != nil {
				return false, err
			}
			owners = owners || one
		}
	}
	return owners, nil
}

func (f *found) readReferral(e *entry) {
	r := &foundReferral{serviceRequest: e.Resource.referral}
	id, ubrn, full := localID(text(r.ID)), r.ubrn(), localID(e.FullURL)
	r.key = cmp.Or(id, ubrn, full)
	r.aliases = []string{r.key, full, ubrn}
	switch {
	case r.key == "":
		f.leave(aggregate.UnreadableItem, reasonID)
	case r.Status == statusError:
		f.leave(aggregate.UnreadableItem, reasonStatus)
	default:
		f.referrals = append(f.referrals, r)
	}
}

// isRemark tells whether an outcome says nothing but information; a warning or
// an error says that something is not as it should be.
func (o *outcome) isRemark() bool {
	for _, issue := range o.Issue {
		if issue.Severity != "information" {
			return false
		}
	}
	return len(o.Issue) > 0
}

func (r *foundReferral) ubrn() string {
	for _, i := range r.Identifier {
		if text(i.System) == systemUBRN {
			return text(i.Value)
		}
	}
	return ""
}
