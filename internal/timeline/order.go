package timeline

import (
	"cmp"
	"slices"

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

// certain reports whether "you do not need to do anything" can be said: every
// source answered and all of it could be read, and of each referral it is known
// that the citizen has nothing to do.
func certain(in Input, list []draft) bool {
	return complete(in) && !slices.ContainsFunc(list, func(d draft) bool {
		return d.unclear() || d.Waiting != nil && d.Waiting.Long // the next step says whom to ask
	})
}

// complete reports whether every source answered freshly and everything could be read.
func complete(in Input) bool {
	return len(in.Notices) == 0 && !slices.ContainsFunc(in.Sources, func(s referral.Source) bool { return s.Status != referral.SourceOK })
}

// summary says the whole in one line.
func (b *builder) summary(in Input, list []draft) Summary {
	s := Summary{Certain: certain(in, list)}
	var next *draft
	for i := range list {
		d := &list[i]
		if d.State.WhoActs == referral.You {
			s.NeedsAction++
		}
		if d.booking.isAhead() && (next == nil || d.booking.start.Before(next.booking.start)) {
			next = d
		}
	}
	if next != nil {
		text := b.when(next.booking)
		s.NextAppointment, s.NextAppointmentText, s.NextReferralID = next.Appointment.Start, &text, &next.ID
	}
	switch {
	case len(list) == 0 && complete(in):
		s.Text = b.say(wording.KeySummaryEmpty)
	case len(list) == 0:
		s.Text = b.say(wording.KeySummaryMissing)
	case s.NeedsAction == 0 && s.Certain:
		s.Text = b.say(wording.KeySummaryNothing)
	case s.NeedsAction == 0:
		s.Text = b.say(wording.KeySummaryUncertain)
	default:
		s.Text = b.words.Count(b.lang, wording.KeySummaryAction, s.NeedsAction)
	}
	return s
}

// when says the day of an appointment, and the time where it is known.
func (b *builder) when(k booking) wording.Text {
	if k.dayOnly {
		return b.words.Date(k.start, b.lang)
	}
	return b.sayAt(wording.KeyDateAndTime, k.start)
}
