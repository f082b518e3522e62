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

// upcoming is when the appointment begins, while it has not passed.
func (k booking) upcoming() time.Time {
	if k.kind != booked || k.passed {
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
		} else {
			b.unknown(CodeDate)
		}
	}
	if a.End != nil && k.kind == booked {
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
		return booking{kind: bookingIsOff, start: k.start}
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
		k.passed = b.reached(ends)
	}
	return k
}

// appointment shows the booking. A cancelled one is never shown here, where an
// app would take it for valid; it stays among the events.
func (b *builder) appointment(f *referral.Facts, k booking) *Appointment {
	if f.Appointment == nil || k.kind == notBooked || k.kind == bookingIsOff {
		return nil
	}
	shown := &Appointment{
		ID:                f.Appointment.ID,
		DateToBeConfirmed: k.kind == dateToCome,
		HasPassed:         k.passed,
	}
	if referral.Token(shown.ID, referral.MaxCode) == nil {
		shown.ID = referral.DigestID("appointment", f.ID, f.Appointment.ID)
	}
	if k.kind != booked {
		return shown
	}
	start, date, clock := k.start.Format(rfc3339), b.words.Date(k.start, b.lang), b.words.Clock(k.start, b.lang)
	shown.Start, shown.DisplayDate, shown.DisplayTime = &start, &date, &clock
	if !k.end.IsZero() {
		end := k.end.Format(rfc3339)
		shown.End = &end
	}
	return shown
}
