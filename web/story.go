package web

import (
	"github.com/patient-care-aggregator/aggregator/internal/timeline"
	"github.com/patient-care-aggregator/aggregator/internal/wording"
)

// Chapter is one part of the story of all referrals in time.
type Chapter struct {
	Title string
	Lines []Line
}

// Line is one event.
type Line struct {
	Date, Time    wording.Text // empty: not known
	Title, Detail wording.Text
	Specialty     wording.Text
	Anchor        string // of the referral's card
}

// Chapters show what happened, the current state and what is still to come, in
// that order; a part without events is omitted.
func (p Timeline) Chapters() []Chapter {
	specialty := map[string]wording.Text{}
	for _, r := range p.Told.Referrals {
		if r.Specialty != nil {
			specialty[r.ID] = r.Specialty.Display
		}
	}
	all := []Chapter{{Title: "What has happened"}, {Title: "Where things are now"}, {Title: "Still to come"}}
	for _, e := range p.Told.Events {
		line := Line{
			Date: optional(e.DisplayDate), Time: optional(e.DisplayTime), Title: e.Title,
			Specialty: specialty[e.ReferralID], Anchor: "referral-" + e.ReferralID,
		}
		into := 0
		switch {
		case e.Upcoming:
			into = 2
		case e.Kind == timeline.EventState && e.Source != timeline.SourceObserved:
			into = 1
		}
		if into != 1 { // the card above says what to do now
			line.Detail = optional(e.Detail)
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
