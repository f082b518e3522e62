package web

import (
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/referral"
	"github.com/patient-care-aggregator/aggregator/internal/timeline"
)

// Card is one referral on the page.
type Card struct {
	Anchor    string
	Specialty Said // empty: no source gave one
	Urgent    bool
	YouAct    bool
	WhoActs   string

	Title, Description, NextStep Said
	Steps                        []Step

	Appointment *Visit
	Service     Said
	Provider    Said
	Referrer    Said
	ReferredOn  string // in words; empty when not given
	Waiting     Said   // how long hospital staff have had it; empty: not known

	Contact          Said
	Phone, Dial      string // Dial is empty where Phone cannot be dialled as it stands
	PhoneNote        Said
	BookingReference string
	ManageURL        string
}

// Visit is a booked appointment on the page.
type Visit struct {
	Date, Time Said // empty: not known here
	ToCome     bool // hospital staff will send the date and time
	Passed     bool
	Kind       Said
	Places     []Said
	Calendar   string // address of the calendar file; empty: none is offered
}

func newCard(r timeline.Referral, t tongue) Card {
	c := Card{
		Anchor: "referral-" + r.ID,
		YouAct: r.State.WhoActs == referral.You, WhoActs: whoActs(r.State.WhoActs),
		Urgent: r.Priority.Code != nil && *r.Priority.Code == "urgent",
		Title:  t.say(r.State.Title), Description: t.say(r.State.Description), NextStep: t.say(r.State.NextStep),
		Steps:   progress(r.State.Phase),
		Contact: t.say(r.Contact.Name), PhoneNote: t.maybe(r.Contact.Note),
	}
	c.Contact.Text = sentence(c.Contact.Text)
	if r.Specialty != nil {
		c.Specialty = t.say(r.Specialty.Display)
	}
	if r.Referrer != nil {
		c.Referrer = t.maybe(r.Referrer.Name)
	}
	if r.ReferredOn != nil {
		if day, err := time.Parse(time.DateOnly, *r.ReferredOn); err == nil {
			c.ReferredOn = Day(day)
		}
	}
	if r.Waiting != nil && !r.Waiting.Long { // a long wait is told by the next step
		c.Waiting = t.say(r.Waiting.Text)
	}
	if r.Contact.Phone != nil {
		c.Phone, c.Dial = *r.Contact.Phone, dial(*r.Contact.Phone)
	}
	if r.BookingReference != nil {
		c.BookingReference = *r.BookingReference
	}
	if r.ManageURL != nil {
		c.ManageURL = *r.ManageURL
	}
	if s := r.Service; s != nil {
		c.Service = t.maybe(s.Name)
		if s.Provider != nil {
			c.Provider = t.maybe(s.Provider.Name)
		}
	}
	c.Appointment = newVisit(r, t)
	return c
}

func newVisit(r timeline.Referral, t tongue) *Visit {
	a := r.Appointment
	if a == nil {
		return nil
	}
	v := &Visit{Date: t.maybe(a.DisplayDate), Time: t.maybe(a.DisplayTime), ToCome: a.DateToBeConfirmed, Passed: a.HasPassed}
	if a.Start != nil && !a.HasPassed {
		v.Calendar = "/v1/appointments/" + a.ID + "/calendar.ics"
	}
	if r.Service != nil {
		if r.Service.Type != nil {
			v.Kind = t.say(r.Service.Type.Display)
		}
		for _, l := range r.Service.Locations {
			if l.Name != nil {
				v.Places = append(v.Places, t.say(*l.Name))
			}
		}
	}
	return v
}
