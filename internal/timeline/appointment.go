package timeline

import (
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/referral"
)

// longestAppointment is the longest that an end can lie after its start; an end
// beyond it is a mistake, and believing it would keep a past date "booked".
const longestAppointment = 24 * time.Hour

// booking is what the appointment of a referral means at this moment.
type booking struct {
	kind       bookingKind
	start, end time.Time // London; end zero: not known
	dayOnly    bool      // start is the beginning of the day: the time is not known
	passed     bool
	strange    bool // it contradicts the state
}

type bookingKind int

const (
	notBooked    bookingKind = iota
	booked                   // with a start
	dateToCome               // indirectly bookable: hospital staff will send the date
	dateUnseen               // booked, but the appointment or its start could not be read
	bookingIsOff             // the one that was cancelled
)

// isAhead reports whether the appointment has a day and has not passed.
func (k booking) isAhead() bool { return k.kind == booked && !k.passed }

// upcoming is when the appointment begins, while it has not passed.
func (k booking) upcoming() time.Time {
	if !k.isAhead() {
		return time.Time{}
	}
	return k.start
}

// booking reads the appointment next to a state.
func (b *builder) booking(a *referral.Appointment, code string, means referral.Expectation) booking {
	if a == nil {
		if code == referral.StateBooked {
			return booking{kind: dateUnseen}
		}
		return booking{}
	}
	k := booking{kind: dateToCome}
	if a.Start != nil {
		k.kind = dateUnseen
		if referral.Believable(*a.Start) {
			k.kind, k.start = booked, a.Start.In(b.london())
			k.dayOnly = timeless(*a.Start, b.london())
		} else {
			b.unknown(CodeDate)
		}
	}
	if k.dayOnly {
		k.start = dayOf(k.start).Begins(b.london())
	}
	if a.End != nil && k.kind == booked && !k.dayOnly {
		if length := a.End.Sub(k.start); referral.Believable(*a.End) && length > 0 && length <= longestAppointment {
			k.end = a.End.In(b.london())
		} else {
			b.unknown(CodeDate)
		}
	}
	if means == referral.AppointmentCancelled {
		if k.kind != booked {
			return booking{}
		}
		return booking{kind: bookingIsOff, start: k.start, dayOnly: k.dayOnly}
	}
	if means == referral.AppointmentStrange {
		k.strange = true
		b.counts.Contradictions++
	}
	if k.kind == booked {
		ends := k.end
		if ends.IsZero() {
			ends = k.start
		}
		if k.dayOnly {
			ends = dayOf(k.start).Ends(b.london())
		}
		k.passed = b.reached(ends)
	}
	return k
}

// appointment shows the booking. A cancelled one is never shown here, where an
// app would take it for valid; it stays among the events.
func (b *builder) appointment(f *referral.Facts, k booking, remote bool) *Appointment {
	if f.Appointment == nil || k.kind == notBooked || k.kind == bookingIsOff {
		return nil
	}
	shown := &Appointment{
		ID:                f.Appointment.ID,
		DateToBeConfirmed: k.kind == dateToCome,
		HasPassed:         k.passed,
		Remote:            remote,
	}
	if referral.Token(shown.ID, referral.MaxCode) == nil {
		shown.ID = referral.DigestID("appointment", f.ID, f.Appointment.ID)
	}
	if k.kind != booked {
		return shown
	}
	day, date := dayOf(k.start).String(), b.words.Date(k.start, b.lang)
	shown.Date, shown.DisplayDate = &day, &date
	if k.dayOnly {
		return shown
	}
	start, clock := k.start.Format(rfc3339), b.words.Clock(k.start, b.lang)
	shown.Start, shown.DisplayTime = &start, &clock
	if !k.end.IsZero() {
		end := k.end.Format(rfc3339)
		shown.End = &end
	}
	return shown
}

// timeless reports whether an instant says a day only. e-RS has no form for a day
// without a time; systems that do not know it send midnight, of London or of UTC,
// and no clinic opens then.
func timeless(at time.Time, london *time.Location) bool {
	midnight := func(t time.Time) bool { return t.Hour() == 0 && t.Minute() == 0 && t.Second() == 0 }
	return midnight(at.In(london)) || midnight(at.UTC())
}

func dayOf(t time.Time) referral.Date {
	year, month, day := t.Date()
	return referral.Date{Year: year, Month: month, Day: day}
}
