package web

import (
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/referral"
	"github.com/patient-care-aggregator/aggregator/internal/timeline"
)

// Timeline is the page that a citizen came for.
type Timeline struct {
	Told timeline.Timeline
	// Lang is the language that Told is in, and English the same told in English;
	// nil where Lang is English. What both say alike is marked as English.
	Lang    timeline.Lang
	English *timeline.Timeline
	// Complete: every source answered freshly and everything could be read. Only
	// then does an empty timeline mean that there is nothing.
	Complete bool
	Sources  []Source
	Notices  []timeline.Notice
	Idle     time.Duration // without activity, until the service signs out by itself
}

func (Timeline) template() string { return "timeline.html" }

// Source is where the page's content comes from.
type Source struct {
	Name string
	// FetchedAt is London time; zero: nothing came from there.
	FetchedAt time.Time
	Stale     bool   // FetchedAt is an older reading, because the source failed now
	Issue     string // what went wrong, in words; empty when nothing did
}

// Fetched is when, in words.
func (s Source) Fetched() string {
	if s.FetchedAt.IsZero() {
		return ""
	}
	return Clock(s.FetchedAt) + " on " + Day(s.FetchedAt)
}

// IdleMinutes is Idle in words' unit.
func (p Timeline) IdleMinutes() int { return int(p.Idle.Minutes()) }

// Empty tells that there is nothing to show and nothing was missed.
func (p Timeline) Empty() bool { return p.Complete && len(p.Told.Referrals) == 0 }

// Nothing tells that there is nothing to show but something was missed.
func (p Timeline) Nothing() bool { return !p.Complete && len(p.Told.Referrals) == 0 }

// Summary is the timeline in one line.
func (p Timeline) Summary() Said { return p.tongue().say(p.Told.Summary.Text) }

// NeedsYou are the referrals in which the citizen acts next.
func (p Timeline) NeedsYou() []Card { return p.cards(true) }

// Others are all other referrals.
func (p Timeline) Others() []Card { return p.cards(false) }

// Next is the next appointment of all; nil when there is none.
func (p Timeline) Next() *Card {
	next := p.Told.Summary.NextAppointment
	if next == nil {
		return nil
	}
	t := p.tongue()
	for _, r := range p.Told.Referrals {
		if a := r.Appointment; a != nil && a.Start != nil && *a.Start == *next {
			c := newCard(r, t)
			return &c
		}
	}
	return nil
}

// Missed are the notices, in words.
func (p Timeline) Missed() []Said {
	t := tongue{lang: p.Lang}
	if p.English != nil {
		t.english = map[string]bool{}
	}
	said := make([]Said, 0, len(p.Notices))
	for _, n := range p.Notices {
		said = append(said, t.say(n.Message))
	}
	return said
}

func (p Timeline) cards(yours bool) []Card {
	t := p.tongue()
	var chosen []Card
	for _, r := range p.Told.Referrals {
		if (r.State.WhoActs == referral.You) == yours {
			chosen = append(chosen, newCard(r, t))
		}
	}
	return chosen
}

// tongue gathers what is told in English even where another language was asked
// for: names, and phrases without a translation.
func (p Timeline) tongue() tongue {
	t := tongue{lang: p.Lang}
	if p.English == nil {
		return t
	}
	t.english = map[string]bool{p.English.Summary.Text: true}
	note := func(texts ...*string) {
		for _, text := range texts {
			if text != nil {
				t.english[*text] = true
			}
		}
	}
	for _, r := range p.English.Referrals {
		note(&r.Priority.Display, &r.State.Title, &r.State.Description, &r.State.NextStep, &r.Contact.Name, r.Contact.Note)
		if r.Specialty != nil {
			note(&r.Specialty.Display)
		}
		if r.Appointment != nil {
			note(r.Appointment.DisplayDate, r.Appointment.DisplayTime)
		}
		if r.Referrer != nil {
			note(r.Referrer.Name)
		}
		if r.Waiting != nil {
			note(&r.Waiting.Text)
		}
		if r.Service != nil {
			note(r.Service.Name)
			for _, l := range r.Service.Locations {
				note(l.Name)
			}
			if r.Service.Type != nil {
				note(&r.Service.Type.Display)
			}
			if r.Service.Provider != nil {
				note(r.Service.Provider.Name)
			}
		}
	}
	for _, e := range p.English.Events {
		note(&e.Title, e.Detail, e.DisplayDate, e.DisplayTime)
	}
	return t
}
