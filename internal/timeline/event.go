package timeline

import (
	"cmp"
	"strconv"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/referral"
	"github.com/patient-care-aggregator/aggregator/internal/wording"
)

// events lists what is known of a referral in time. There is always the state in
// which it is now.
func (b *builder) events(d *draft) []Event {
	r, k := &d.Referral, d.booking
	list := make([]Event, 0, 4+len(d.seen.earlier))
	if r.ReferredOn != nil {
		list = append(list, b.referredEvent(r))
	}
	detail := r.State.NextStep
	present := Event{
		ID:   referral.DigestID(r.ID, EventState, r.State.Code, string(r.State.Phase), string(r.State.WhoActs)),
		Kind: EventState, ReferralID: r.ID, Title: r.State.Title, Detail: &detail, present: true,
	}
	b.dateSince(&present, d.seen)
	list = append(list, present)
	for _, o := range d.seen.earlier {
		list = append(list, b.observedEvent(o))
	}
	if k.kind == booked || k.kind == bookingIsOff {
		list = append(list, b.appointmentEvent(r, k))
	}
	if !d.due.dueBy.IsZero() {
		list = append(list, b.reviewEvent(r, d.due))
	}
	for i := range list {
		if list[i].Source == "" {
			list[i].Source = cmp.Or(d.facts.EventSource, d.facts.Source)
		}
	}
	sortEvents(list)
	return list
}

func (b *builder) referredEvent(r *Referral) Event {
	on, _ := time.ParseInLocation(time.DateOnly, *r.ReferredOn, b.london())
	e := b.dayEvent(r.ID, EventReferred, *r.ReferredOn, on)
	e.Title = b.say(wording.KeyReferred)
	if r.Referrer != nil && r.Referrer.Name != nil {
		detail := b.say(wording.KeyReferredBy, "name", r.Referrer.Name.Text)
		e.Detail = &detail
	}
	return e
}

func (b *builder) appointmentEvent(r *Referral, k booking) Event {
	e := b.dayEvent(r.ID, EventAppointment, dayOf(k.start).String(), k.start)
	e.Upcoming = k.kind == booked && !k.passed
	if !k.dayOnly {
		at, clock := k.start.Format(rfc3339), b.words.Clock(k.start, b.lang)
		e.At, e.DateOnly, e.DisplayTime = &at, false, &clock
	}
	switch {
	case k.kind == bookingIsOff:
		e.Title = b.say(wording.KeyAppointmentOff)
		return e
	case k.passed:
		e.Title = b.say(wording.KeyAppointmentGone)
	default:
		e.Title = b.say(wording.KeyAppointment)
	}
	if r.Service != nil && len(r.Service.Locations) == 1 && r.Service.Locations[0].Name != nil {
		detail := b.say(wording.KeyAppointmentPlace, "name", r.Service.Locations[0].Name.Text)
		e.Detail = &detail
	}
	return e
}

func (b *builder) reviewEvent(r *Referral, due duty) Event {
	e := b.dayEvent(r.ID, EventReviewDue, due.dueBy.String(), due.dueBy.Begins(b.london()))
	words := b.words.Review(due.kind)
	e.Title, e.Upcoming = words.Due.In(b.lang), !due.overdue
	if due.overdue {
		e.Title = words.Overdue.In(b.lang)
	}
	return e
}

func (b *builder) dayEvent(id, kind, day string, begins time.Time) Event {
	date := b.words.Date(begins, b.lang)
	return Event{
		ID: eventID(id, kind, begins), Kind: kind, ReferralID: id, At: &day, DateOnly: true,
		DisplayDate: &date, instant: begins.Unix(),
	}
}

// eventID is opaque and stays while referral, kind and instant do.
func eventID(id, kind string, at time.Time) string {
	return referral.DigestID(id, kind, strconv.FormatInt(at.Unix(), 10))
}
