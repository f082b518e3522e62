package timeline

import (
	"strings"

	"github.com/patient-care-aggregator/aggregator/internal/disclosure"
	"github.com/patient-care-aggregator/aggregator/internal/referral"
	"github.com/patient-care-aggregator/aggregator/internal/wording"
)

// specialty names the specialty that was searched for, or else the service's own.
func (b *builder) specialty(f *referral.Facts, verdict disclosure.Level) *Coded {
	c := f.Specialty
	if c == nil && f.Service != nil {
		c = f.Service.Specialty
	}
	if c == nil {
		return nil
	}
	code, words, known := b.words.Specialty(c)
	if !known {
		b.unknown(CodeSpecialty)
	}
	if verdict > disclosure.Show && !b.policy.Softened.AllowsSpecialty(code) {
		return &Coded{Display: b.policy.Softened.Specialty.In(b.lang)}
	}
	if known {
		return &Coded{Code: &code, Display: words.In(b.lang)}
	}
	display := wording.Name(b.words.SpecialtyName(c.Display))
	if display.Text == "" {
		display = b.say(wording.KeyUnknownSpecialty)
	}
	return &Coded{Code: referral.Token(c.Code, referral.MaxCode), Display: display}
}

// priority says how urgent the referral is, never why.
func (b *builder) priority(code string) Coded {
	p, known := b.words.Priority(code)
	if !known || code == referral.StateUnknown {
		b.unknown(CodePriority)
		p, _ = b.words.Priority(referral.StateUnknown)
	}
	display := p.Display
	if b.policy.Disclose && p.Disclosed != nil {
		display = p.Disclosed
	}
	return Coded{Code: &p.Show, Display: display.In(b.lang)}
}

// service describes the service as far as the verdict allows.
func (b *builder) service(s *referral.Service, verdict disclosure.Level) *Service {
	if s == nil {
		return nil
	}
	shown := &Service{
		Name:      b.serviceName(s.Name, verdict),
		Type:      b.appointmentType(s.Type, verdict),
		Locations: make([]Place, 0, len(s.Locations)),
	}
	if verdict == disclosure.Show {
		shown.ID = referral.Token(s.ID, referral.MaxCode)
	}
	if verdict == disclosure.Hide {
		return shown
	}
	shown.Provider = b.place(s.Provider, verdict, b.policy.Softened.Provider)
	if t, _ := b.words.AppointmentType(s.Type); t.Remote {
		return shown // people travel to a place that they read
	}
	for i := range s.Locations {
		shown.Locations = append(shown.Locations, *b.place(&s.Locations[i], verdict, b.policy.Softened.Location))
	}
	return shown
}

func (b *builder) serviceName(raw string, verdict disclosure.Level) *wording.Text {
	name := wording.Clean(raw)
	if name == "" {
		return nil
	}
	if verdict == disclosure.Show {
		text := wording.Name(b.words.ServiceName(name))
		return &text
	}
	text := b.policy.Softened.Service.In(b.lang)
	if allowed, ok := b.policy.Softened.ServiceName(name); ok {
		text = wording.Name(allowed)
	}
	return &text
}

func (b *builder) appointmentType(code string, verdict disclosure.Level) *Coded {
	if code == "" {
		return nil
	}
	t, known := b.words.AppointmentType(code)
	switch {
	case !known:
		// The raw code could tell what the policy keeps, and has no words anyway.
		b.unknown(CodeAppointmentType)
		return &Coded{Display: b.say(wording.KeyUnknownType)}
	case verdict > disclosure.Show && !b.policy.Softened.AllowsType(code):
		return nil
	default:
		return &Coded{Code: &code, Display: t.Display.In(b.lang)}
	}
}

// place describes an organisation or site; its code goes with its whole name.
func (b *builder) place(o *referral.Organisation, verdict disclosure.Level, general wording.Phrase) *Place {
	if o == nil {
		return nil
	}
	name, whole := b.judge.PlaceName(o.Name, verdict, general, b.lang)
	shown := &Place{}
	if name.Text != "" {
		shown.Name = &name
	}
	if whole {
		shown.ODSCode = odsCode(o.ODSCode)
	}
	return shown
}

// odsCode returns a code of the Organisation Data Service: letters and digits.
func odsCode(code string) *string {
	const longest = 12
	if strings.ContainsAny(code, "-_.") {
		return nil
	}
	return referral.Token(code, longest)
}
