package citizens

import (
	"fmt"
	"hash/fnv"
	"time"
)

// build puts one person together from their file.
func (c *Catalogue) build(f file, cal calendar) (*person, error) {
	citizen := Citizen{
		Name: f.Name, Story: f.Story, Strange: f.Strange,
		Subject: c.opts.Stable("sub/" + f.Name),
		Given:   f.Person.Given, Family: f.Person.Family, NHSNumber: f.Person.NHSNumber,
		Proofing:    orElse(f.Person.Proofing, "P9"),
		Credentials: f.Person.Credentials,
		GP:          orElse(f.Person.GP, "B86001"),
	}
	if len(citizen.Credentials) == 0 {
		citizen.Credentials = []string{"Cp", "Cd"}
	}
	if f.Person.Born != "" {
		born, err := cal.at(f.Person.Born)
		if err != nil {
			return nil, fmt.Errorf("born: %w", err)
		}
		citizen.Born = born.Format(time.DateOnly)
	}
	p := &person{citizen: citizen, record: Record{
		Also: f.Also, Times: orElse(f.Times, "utc"), Reference: orElse(f.Reference, "absolute"),
	}}
	b := builder{catalogue: c, person: p, calendar: cal}
	for _, r := range f.Referrals {
		if err := b.add(r); err != nil {
			return nil, fmt.Errorf("referral %d: %w", len(p.record.Referrals)+1, err)
		}
	}
	p.citizen.Referrals = len(p.record.Referrals)
	return p, nil
}

type builder struct {
	catalogue *Catalogue
	person    *person
	calendar  calendar
}

func (b *builder) add(f referralFile) error {
	for i := range max(1, f.Repeat) {
		one := f
		if f.Repeat > 0 {
			one = b.catalogue.vary(f, i)
		}
		if err := b.one(one); err != nil {
			return err
		}
	}
	return nil
}

func (b *builder) one(f referralFile) error {
	number := len(b.person.record.Referrals) + 1
	key := fmt.Sprintf("%s/%d", b.person.citizen.Name, number)
	referred, err := b.calendar.at(orElse(f.Referred, "-30d"))
	if err != nil {
		return fmt.Errorf("referred: %w", err)
	}
	r := Referral{
		ID:       b.catalogue.opts.Stable("referral/" + key),
		UBRN:     bookingReference(b.catalogue.opts.Stable("ubrn/"+b.person.citizen.Name), number),
		Priority: orElse(f.Priority, "ROUTINE"),
		Referred: referred.Add(16*time.Hour + 40*time.Minute),
		Referrer: orElse(f.Referrer, b.person.citizen.GP),
		Patient:  orElse(f.Patient, b.person.citizen.NHSNumber),
		Twice:    f.Twice, Orphan: f.Orphan, Omit: f.Omit, Set: f.Set, Instead: f.Instead,
	}
	if f.Specialty != "" {
		r.Specialty = Coding{Code: f.Specialty, Display: orElse(f.SpecialtyDisplay, b.catalogue.Specialty(f.Specialty))}
	}
	l := life{key: key, catalogue: b.catalogue, calendar: b.calendar, ahead: f.Life}
	if err := l.enter(&r, f.Now); err != nil {
		return err
	}
	b.person.record.Referrals = append(b.person.record.Referrals, r)
	b.person.lives = append(b.person.lives, l)
	return nil
}

// bookingReference makes 12 digits: eight of the person, four of the referral.
func bookingReference(person string, number int) string {
	const people = 100_000_000
	sum := fnv.New64a()
	_, _ = sum.Write([]byte(person)) // a hash never fails
	return fmt.Sprintf("%08d%04d", sum.Sum64()%people, number)
}

func orElse(text, fallback string) string {
	if text == "" {
		return fallback
	}
	return text
}
