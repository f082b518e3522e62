package web

import (
	"strings"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/referral"
	"github.com/patient-care-aggregator/aggregator/internal/timeline"
	"github.com/patient-care-aggregator/aggregator/internal/wording"
)

// Timeline is the page that a citizen came for.
type Timeline struct {
	Told timeline.Timeline
	// Complete: every source answered freshly and everything could be read. Only
	// then does an empty timeline mean that there is nothing.
	Complete bool
	Sources  []Source
	Idle     time.Duration // without activity, until the service signs out by itself
}

func (Timeline) template() string { return "timeline.html" }

// Source is where the page's content comes from.
type Source struct {
	Name string
	// FetchedAt is London time; zero: nothing came from there.
	FetchedAt time.Time
	Stale     bool         // FetchedAt is an older reading, because the source failed now
	Issue     wording.Text // what went wrong; empty when nothing did
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

// Empty reports whether there is nothing to show and nothing was missed.
func (p Timeline) Empty() bool { return p.Complete && len(p.Told.Referrals) == 0 }

// Nothing reports whether there is nothing to show but something was missed.
func (p Timeline) Nothing() bool { return !p.Complete && len(p.Told.Referrals) == 0 }

// Summary is the timeline in one line.
func (p Timeline) Summary() wording.Text { return p.Told.Summary.Text }

// NeedsYou are the referrals in which the citizen acts next.
func (p Timeline) NeedsYou() []Card { return p.cards(true) }

// Others are all other referrals.
func (p Timeline) Others() []Card { return p.cards(false) }

// Next is the next appointment of all; nil when there is none.
func (p Timeline) Next() *Card {
	next := p.Told.Summary.NextReferralID
	if next == nil {
		return nil
	}
	for _, r := range p.Told.Referrals {
		if r.ID == *next {
			c := newCard(r)
			return &c
		}
	}
	return nil
}

// Missed are the notices, in words.
func (p Timeline) Missed() []wording.Text {
	missed := make([]wording.Text, 0, len(p.Told.Notices))
	for _, n := range p.Told.Notices {
		missed = append(missed, n.Message)
	}
	return missed
}

// Checked names the sources: "A, B and C".
func (p Timeline) Checked() string {
	names := make([]string, 0, len(p.Sources))
	for _, s := range p.Sources {
		names = append(names, s.Name)
	}
	if n := len(names); n > 1 {
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
	return strings.Join(names, "")
}

func (p Timeline) cards(yours bool) []Card {
	var chosen []Card
	for _, r := range p.Told.Referrals {
		if (r.State.WhoActs == referral.You) == yours {
			chosen = append(chosen, newCard(r))
		}
	}
	return chosen
}
