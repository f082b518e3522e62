package citizens

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// ErrNoStep says that a referral's life has no further step.
var ErrNoStep = errors.New("the referral has no further step")

// ErrNoReferral says that the citizen has no referral of that booking reference.
var ErrNoReferral = errors.New("no such referral")

// life takes one referral from state to state.
type life struct {
	key       string
	catalogue *Catalogue
	calendar  calendar
	ahead     []stepFile
}

// Step is what an advance changed.
type Step struct {
	UBRN     string `json:"bookingReference"`
	From     string `json:"from"`
	To       string `json:"to"`
	Version  int    `json:"version"`
	StepsTo  int    `json:"stepsAhead"` // written steps that are still to come
	Citizen  string `json:"citizen"`
	Referral int    `json:"referral"` // 1 for the citizen's first
}

// States are the eleven states of eRS-ReferralState, in the order of the published list.
func States() []string {
	return []string{
		"NOT_BOOKED", "BOOKED", "AWAITING_TRIAGE", "DEFER_TO_PROVIDER", "ARBL", "CARL", "CARBL_OR_ARL",
		"TRIAGE_RESPONSE", "REJECTED", "APPOINTMENT_CANCELLED_BY_PATIENT", "APPOINTMENT_CANCELLED_BY_PROVIDER",
	}
}

// Advance takes one referral to its next written step, or to a state: ubrn
// chooses the referral, empty the first that has a step left. It fails with
// [ErrUnknown], [ErrNoReferral] or [ErrNoStep].
func (c *Catalogue) Advance(name, ubrn, state string) (Step, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p, ok := c.byName[name]
	if !ok {
		return Step{}, fmt.Errorf("%w: %q", ErrUnknown, name)
	}
	i, err := p.choose(ubrn, state)
	if err != nil {
		return Step{}, err
	}
	l, r := &p.lives[i], &p.record.Referrals[i]
	var next stepFile
	if state != "" {
		if !slices.Contains(States(), state) {
			return Step{}, fmt.Errorf("%w: %q is not a state of e-RS", ErrNoStep, state)
		}
		next = usual(state, r.Service)
	} else {
		next = l.ahead[0]
		l.ahead = l.ahead[1:]
	}
	from := r.State
	if err := l.enter(r, next); err != nil {
		return Step{}, fmt.Errorf("advance %s: %w", name, err)
	}
	return Step{UBRN: r.UBRN, From: from, To: r.State, Version: r.Version, StepsTo: len(l.ahead), Citizen: name, Referral: i + 1}, nil
}

func (p *person) choose(ubrn, state string) (int, error) {
	for i, r := range p.record.Referrals {
		if ubrn != "" {
			if r.UBRN != ubrn {
				continue
			}
			if state == "" && len(p.lives[i].ahead) == 0 {
				return 0, ErrNoStep
			}
			return i, nil
		}
		if state != "" || len(p.lives[i].ahead) > 0 {
			return i, nil
		}
	}
	if ubrn != "" || len(p.record.Referrals) == 0 {
		return 0, ErrNoReferral
	}
	return 0, ErrNoStep
}

// enter puts the referral into a step: its appointment and review are the step's.
func (l *life) enter(r *Referral, s stepFile) error {
	r.State = s.State
	r.Version++
	if s.Service != "" {
		r.Service = s.Service
	}
	r.Appointment, r.Review = nil, nil
	if s.Appointment != nil {
		a := &Appointment{ID: l.catalogue.opts.Stable("appointment/" + l.key)}
		if s.Appointment.At != "" {
			start, err := l.calendar.at(s.Appointment.At)
			if err != nil {
				return fmt.Errorf("appointment: %w", err)
			}
			minutes := s.Appointment.Minutes
			if minutes == 0 {
				minutes = 20
			}
			a.Start, a.End = start, start.Add(time.Duration(minutes)*time.Minute)
		}
		r.Appointment = a
	}
	if s.Review != nil {
		due := ""
		if s.Review.Due != "" {
			day, err := l.calendar.at(s.Review.Due)
			if err != nil {
				return fmt.Errorf("review: %w", err)
			}
			due = day.Format(time.DateOnly)
		}
		kind := map[string]string{"triage": "TRIAGE_DEFERRAL", "appointment": "APPOINTMENT_DEFERRAL"}[s.Review.Kind]
		r.Review = &Review{ID: l.catalogue.opts.Stable("task/" + l.key), Kind: orElse(kind, s.Review.Kind), Due: due}
	}
	if r.State == "NOT_BOOKED" {
		r.Service = ""
	}
	return nil
}

// usual is a state with what usually goes with it.
func usual(state, service string) stepFile {
	s := stepFile{State: state, Service: orElse(service, "11002")}
	switch state {
	case "BOOKED":
		s.Appointment = &appointmentFile{At: "+14d 10:15"}
	case "AWAITING_TRIAGE":
		s.Review = &reviewFile{Kind: "triage", Due: "+10d"}
	case "DEFER_TO_PROVIDER":
		s.Review = &reviewFile{Kind: "appointment", Due: "+21d"}
	case "NOT_BOOKED":
		s.Service = ""
	}
	return s
}

// vary makes the i-th of many referrals from one: states, specialties, services
// and days in turn.
func (c *Catalogue) vary(f referralFile, i int) referralFile {
	states := States()
	services := c.ServiceIDs()
	f.Now = usual(states[i%len(states)], services[i%len(services)])
	if f.Now.Appointment != nil {
		f.Now.Appointment = &appointmentFile{At: fmt.Sprintf("%+dd %02d:%02d", i-60, 8+i%9, (i%4)*15)}
	}
	f.Referred = fmt.Sprintf("-%dd", 5+i)
	f.Specialty = c.specialties[i%len(c.specialties)].Code
	f.Repeat = 0
	return f
}
