package web

import (
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/referral"
	"github.com/patient-care-aggregator/aggregator/internal/timeline"
	"github.com/patient-care-aggregator/aggregator/internal/wording"
)

// Card is one referral on the page.
type Card struct {
	Anchor    string
	Specialty wording.Text // empty: no source gave one
	Urgent    bool
	YouAct    bool
	WhoActs   string

	Title, Description, NextStep wording.Text
	Steps                        []Step

	Appointment *Visit
	Service     wording.Text
	Provider    wording.Text
	Referrer    wording.Text
	ReferredOn  string       // in words; empty when absent
	Waiting     wording.Text // how long hospital staff have had it; empty: not known

	Contact          wording.Text
	Phone, Dial      string // Dial is empty when Phone cannot be dialled unchanged
	PhoneNote        wording.Text
	BookingReference string
	ManageURL        string
}

// Visit is a booked appointment on the page.
type Visit struct {
	Date, Time wording.Text // empty: not known here
	ToCome     bool         // hospital staff will send the date and time
	Passed     bool
	Kind       wording.Text
	Places     []wording.Text
	Calendar   string // address of the calendar file; empty: none is offered
}

func newCard(r timeline.Referral) Card {
	c := Card{
		Anchor: "referral-" + r.ID,
		YouAct: r.State.WhoActs == referral.You, WhoActs: whoActs(r.State.WhoActs),
		Urgent: r.Priority.Code != nil && *r.Priority.Code == "urgent",
		Title:  r.State.Title, Description: r.State.Description, NextStep: r.State.NextStep,
		Steps:   progress(r.State.Phase),
		Contact: r.Contact.Name, PhoneNote: optional(r.Contact.Note),
	}
	c.Contact.Text = sentence(c.Contact.Text)
	if r.Specialty != nil {
		c.Specialty = r.Specialty.Display
	}
	if r.Referrer != nil {
		c.Referrer = optional(r.Referrer.Name)
	}
	if r.ReferredOn != nil {
		if day, err := time.Parse(time.DateOnly, *r.ReferredOn); err == nil {
			c.ReferredOn = Day(day)
		}
	}
	if r.Waiting != nil && !r.Waiting.Long { // the next step mentions a long wait
		c.Waiting = r.Waiting.Text
	}
	c.Phone, c.Dial = phoneOf(r.Contact)
	if r.BookingReference != nil {
		c.BookingReference = *r.BookingReference
	}
	if r.ManageURL != nil {
		c.ManageURL = *r.ManageURL
	}
	c.Service, c.Provider = clinic(r.Service)
	c.Appointment = newVisit(r.Appointment, r.Service)
	return c
}

func newVisit(a *timeline.Appointment, service *timeline.Service) *Visit {
	if a == nil {
		return nil
	}
	v := &Visit{Date: optional(a.DisplayDate), Time: optional(a.DisplayTime), ToCome: a.DateToBeConfirmed, Passed: a.HasPassed}
	if a.Date != nil && !a.HasPassed {
		v.Calendar = "/v1/appointments/" + a.ID + "/calendar.ics"
	}
	if service != nil {
		if service.Type != nil {
			v.Kind = service.Type.Display
		}
		for _, l := range service.Locations {
			if l.Name != nil {
				v.Places = append(v.Places, *l.Name)
			}
		}
	}
	return v
}

// clinic is the name of a service and of its provider.
func clinic(s *timeline.Service) (name, provider wording.Text) {
	if s == nil {
		return wording.Text{}, wording.Text{}
	}
	if s.Provider != nil {
		provider = optional(s.Provider.Name)
	}
	return optional(s.Name), provider
}

// phoneOf is a contact's number, as it is read and as it is dialled.
func phoneOf(c timeline.Contact) (phone, number string) {
	if c.Phone == nil {
		return "", ""
	}
	return *c.Phone, dial(*c.Phone)
}
