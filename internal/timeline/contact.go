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

// contact says whom to phone: the provider where its name is known, else the
// referrer, else the GP surgery in general words. Where the name itself must not
// be told the general words stand in its place and the number stays, for the
// citizen must be able to ask.
func (b *builder) contact(f *referral.Facts, r *Referral, verdict disclosure.Level) Contact {
	if s := f.Service; s != nil && s.Provider != nil && !s.Provider.Closed && verdict < disclosure.Hide {
		if r.Service.Provider.Name != nil {
			return b.reachable(roleHospital, *r.Service.Provider.Name, s.Provider.Phone, wording.KeySwitchboard)
		}
	}
	if r.Referrer != nil && r.Referrer.Name != nil && !f.Referrer.Closed {
		return b.reachable(roleReferrer, *r.Referrer.Name, f.Referrer.Phone, wording.KeySwitchboardGP)
	}
	return Contact{Role: roleGP, Name: b.say(wording.KeyContactGP), Source: contactDefault}
}

func (b *builder) reachable(role string, name wording.Text, phone string, note wording.Key) Contact {
	c := Contact{Role: role, Name: name, Source: contactFromODS, Phone: wording.PhoneNumber(phone)}
	if c.Phone != nil {
		text := b.say(note)
		c.Note = &text
	}
	return c
}
