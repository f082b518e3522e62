package timeline

import (
	"github.com/patient-care-aggregator/aggregator/internal/referral"
	"strings"
)

// specialty tells the specialty that was searched for, or else the service's own.
func (b *builder) specialty(f *referral.Facts, verdict level) *Coded {
	c := f.Specialty
	if c == nil && f.Service != nil {
		c = f.Service.Specialty
	}
	if c == nil {
		return nil
	}
	code, words, known := b.vs.specialties.find(c)
	if !known {
		b.unknown(CodeSpecialty)
	}
	if verdict > show && !b.vs.policy.softened.specialties[code] {
		return &Coded{Display: b.vs.policy.softened.specialty.in(b.lang)}
	}
	if known {
		return &Coded{Code: &code, Display: words.in(b.lang)}
	}
	display := shorten(b.vs.casing.sentence(cleanText(c.Display)), maxDisplayRunes)
	if display == "" {
		display = b.say(sayUnknownSpecialty)
	}
	return &Coded{Code: referral.Token(c.Code, referral.MaxCode), Display: display}
}

// priority tells how urgent the referral is, never why.
func (b *builder) priority(code string) Coded {
	p, known := b.vs.priorities[code]
	if !known || code == referral.StateUnknown {
		b.unknown(CodePriority)
		p = b.vs.priorities[referral.StateUnknown]
	}
	display := p.display
	if b.vs.policy.disclose && p.disclosed != nil {
		display = p.disclosed
	}
	return Coded{Code: &p.show, Display: display.in(b.lang)}
}

// service tells the service as far as the verdict allows.
func (b *builder) service(s *referral.Service, verdict level) *ReferralService {
	if s == nil {
		return nil
	}
	shown := &ReferralService{
		Name:      b.serviceName(s.Name, verdict),
		Type:      b.appointmentType(s.Type, verdict),
		Locations: make([]NamedPlace, 0, len(s.Locations)),
	}
	if verdict == show {
		shown.ID = referral.Token(s.ID, referral.MaxCode)
	}
	if verdict == hide {
		return shown
	}
	shown.Provider = b.place(s.Provider, verdict, b.vs.policy.softened.provider)
	for i := range s.Locations {
		shown.Locations = append(shown.Locations, *b.place(&s.Locations[i], verdict, b.vs.policy.softened.location))
	}
	return shown
}

func (b *builder) serviceName(raw string, verdict level) *string {
	name := cleanText(raw)
	if name == "" {
		return nil
	}
	if verdict > show {
		allowed, ok := b.vs.policy.softened.services[fold(name).squeezed]
		if !ok {
			allowed = b.vs.policy.softened.service.in(b.lang)
		}
		return &allowed
	}
	name = shorten(b.vs.casing.name(name), maxNameRunes)
	return &name
}

func (b *builder) appointmentType(code string, verdict level) *Coded {
	if code == "" {
		return nil
	}
	t, known := b.vs.types[code]
	switch {
	case !known:
		// The raw code could tell what the policy keeps, and has no words anyway.
		b.unknown(CodeAppointmentType)
		return &Coded{Display: b.say(sayUnknownType)}
	case verdict > show && !b.vs.policy.softened.types[code]:
		return nil
	default:
		return &Coded{Code: &code, Display: t.display.in(b.lang)}
	}
}

// place tells an organisation or site; its code goes with its whole name.
func (b *builder) place(o *referral.Organisation, verdict level, general phrase) *NamedPlace {
	if o == nil {
		return nil
	}
	name, whole := b.placeName(o.Name, verdict, general)
	shown := &NamedPlace{}
	if name != "" {
		shown.Name = &name
	}
	if whole {
		shown.ODSCode = odsCode(o.ODSCode)
	}
	return shown
}

// odsCode gives a code of the Organisation Data Service: letters and digits.
func odsCode(code string) *string {
	const longest = 12
	if strings.ContainsAny(code, "-_.") {
		return nil
	}
	return referral.Token(code, longest)
}
