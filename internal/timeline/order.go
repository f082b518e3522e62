package timeline

import (
	"cmp"
	"slices"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/referral"
	"github.com/patient-care-aggregator/aggregator/internal/wording"
)

// rfc3339 always shows the offset, "+00:00" in winter too.
const rfc3339 = "2006-01-02T15:04:05-07:00"

// sortReferrals puts those that need the citizen first, then those with the
// nearest date to come; undated ones last, and ids decide between equals.
func sortReferrals(list []draft) {
	slices.SortFunc(list, func(a, b draft) int {
		return cmp.Or(
			first(a.State.WhoActs == referral.You, b.State.WhoActs == referral.You),
			first(!a.next.IsZero(), !b.next.IsZero()),
			a.next.Compare(b.next),
			cmp.Compare(a.ID, b.ID),
		)
	})
}

// sortEvents puts what happened first, then the current state, then what is to
// come, each by its instant.
func sortEvents(list []Event) {
	slices.SortFunc(list, func(a, b Event) int {
		return cmp.Or(
			cmp.Compare(a.when(), b.when()),
			cmp.Compare(a.instant, b.instant),
			cmp.Compare(a.ReferralID, b.ReferralID),
			cmp.Compare(a.Kind, b.Kind),
			cmp.Compare(a.ID, b.ID),
		)
	})
}

// when is 0 for the past, 1 for the present, 2 for what is to come.
func (e *Event) when() int {
	switch {
	case e.Upcoming:
		return 2
	case e.present:
		return 1
	default:
		return 0
	}
}

func first(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	default:
		return 1
	}
}

// summary says the whole in one line.
func (b *builder) summary(list []draft) Summary {
	var s Summary
	var next time.Time
	for i := range list {
		d := &list[i]
		if d.State.WhoActs == referral.You {
			s.NeedsAction++
		}
		if a := d.Appointment; a != nil && a.Start != nil && !a.HasPassed {
			start, err := time.Parse(rfc3339, *a.Start)
			if err == nil && (next.IsZero() || start.Before(next)) {
				next, s.NextAppointment = start, a.Start
			}
		}
	}
	switch {
	case len(list) == 0:
		s.Text = b.say(wording.KeySummaryEmpty)
	case s.NeedsAction == 0:
		s.Text = b.say(wording.KeySummaryNothing)
	default:
		s.Text = b.words.Count(b.lang, wording.KeySummaryAction, s.NeedsAction)
	}
	return s
}
