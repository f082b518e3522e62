package web

import "github.com/patient-care-aggregator/aggregator/internal/timeline"

// Chapter is one part of the story of all referrals in time.
type Chapter struct {
	Title string
	Lines []Line
}

// Line is one event.
type Line struct {
	Date, Time    Said // empty: not known
	Title, Detail Said
	Specialty     Said
	Anchor        string // of the referral's card
}

// Chapters tell what happened, where things stand and what is still to come, in
// that order; a part without events is left out.
func (p Timeline) Chapters() []Chapter {
	t := p.tongue()
	specialty := map[string]Said{}
	for _, r := range p.Told.Referrals {
		if r.Specialty != nil {
			specialty[r.ID] = t.say(r.Specialty.Display)
		}
	}
	all := []Chapter{{Title: "What has happened"}, {Title: "Where things are now"}, {Title: "Still to come"}}
	for _, e := range p.Told.Events {
		line := Line{
			Date: t.maybe(e.DisplayDate), Time: t.maybe(e.DisplayTime), Title: t.say(e.Title),
			Specialty: specialty[e.ReferralID], Anchor: "referral-" + e.ReferralID,
		}
		into := 0
		switch {
		case e.Upcoming:
			into = 2
		case e.Kind == timeline.EventState && e.Source == "ers":
			into = 1
		}
		if into != 1 { // the card above says what to do now
			line.Detail = t.maybe(e.Detail)
		}
		all[into].Lines = append(all[into].Lines, line)
	}
	told := all[:0]
	for _, c := range all {
		if len(c.Lines) > 0 {
			told = append(told, c)
		}
	}
	return told
}
