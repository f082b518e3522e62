package timeline

import (
	"github.com/patient-care-aggregator/aggregator/internal/disclosure"
	"github.com/patient-care-aggregator/aggregator/internal/referral"
	"github.com/patient-care-aggregator/aggregator/internal/wording"
)

// The roles of a contact.
const (
	roleHospital = "hospital"
	roleReferrer = "referrer"
	roleGP       = "gp"

	contactFromODS = "ods"
	contactDefault = "default"
)

// contact says whom to phone: the provider where its name is known, unless it has
// handed the referral back; else the referrer, else the GP surgery in general words.
// Where the name itself must not be told the general words stand in its place and
// the number stays, for the citizen must be able to ask. One that would come first
// but has closed is named in the note.
func (b *builder) contact(f *referral.Facts, d *draft, phase referral.Phase, verdict disclosure.Level) Contact {
	r := &d.Referral
	handedBack := phase == referral.PhaseReturned || phase == referral.PhaseNotAccepted || phase == referral.PhaseEnded
	if d.booking.strange { // only the provider can say whether the appointment stands
		handedBack = false
	}
	var closed *wording.Text
	if s := f.Service; s != nil && s.Provider != nil && !handedBack && verdict < disclosure.Hide && r.Service.Provider.Name != nil {
		if !s.Provider.Closed {
			return b.reachable(roleHospital, *r.Service.Provider.Name, s.Provider.Phone, wording.KeySwitchboard)
		}
		closed = b.hasClosed(r.Service.Provider)
	}
	c := Contact{Role: roleGP, Name: b.say(wording.KeyContactGP), Source: contactDefault}
	if r.Referrer != nil && r.Referrer.Name != nil {
		if f.Referrer.Closed {
			closed = b.hasClosed(r.Referrer)
		} else {
			c = b.reachable(roleReferrer, *r.Referrer.Name, f.Referrer.Phone, wording.KeySwitchboardGP)
		}
	}
	switch {
	case closed != nil && c.Note != nil:
		note := closed.Then(*c.Note)
		c.Note = &note
	case closed != nil:
		c.Note = closed
	}
	return c
}

// hasClosed says that an organisation is no more; nil where its own name is not told.
func (b *builder) hasClosed(p *Place) *wording.Text {
	if p.ODSCode == nil {
		return nil
	}
	text := b.say(wording.KeyContactClosed, "name", p.Name.Text)
	return &text
}

// askContact fills a phrase that may say whom to phone, with the number where it is
// known.
func (b *builder) askContact(p wording.Phrase, c Contact) wording.Text {
	whom := c.Name.Text
	if c.Phone != nil {
		whom = b.say(wording.KeyContactOn, "name", whom, "phone", *c.Phone).Text
	}
	return p.In(b.lang, wording.SlotContact, whom)
}

func (b *builder) reachable(role string, name wording.Text, phone string, note wording.Key) Contact {
	c := Contact{Role: role, Name: name, Source: contactFromODS, Phone: wording.PhoneNumber(phone)}
	if c.Phone != nil {
		text := b.say(note)
		c.Note = &text
	}
	return c
}
