package referral

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Stage is the stage of a referral at any time of day: its state, and the phase
// that distinguishes a dated booking from one whose date is to come.
type Stage struct {
	State string // one of the eleven codes, or UNKNOWN; empty: no stage at all
	Phase Phase  // never PhasePassed, which only time brings
}

// StageOf returns the stage of facts. An unknown code becomes UNKNOWN, so that
// nothing which could disclose is kept or compared.
func StageOf(f *Facts) Stage {
	s := Stage{State: f.State}
	if s.State == StateBooked && f.Appointment != nil && f.Appointment.Start == nil {
		s.Phase = PhaseWithService
	}
	return s.Normalised()
}

// Normalised returns the stage as this version of the state machine knows it: a
// stage that another version wrote is never shown unchanged.
func (s Stage) Normalised() Stage {
	rule, known := RulesOf(s.State)
	if !known {
		s.State = StateUnknown
	}
	if s.State != StateBooked || s.Phase != PhaseWithService {
		s.Phase = rule.Phase
	}
	return s
}

// Standing is what an observer keeps of a referral's facts to notice later that
// something moved: codes and dates, no words and no names.
type Standing struct {
	ID string // of the referral
	Stage
	Version string // as the source sent it, 64 bytes of it at most
	// HasAppointment and HasReview distinguish a part that the source left out from one
	// that has no date.
	HasAppointment, HasReview bool
	Start                     *time.Time // of the appointment; nil: not known, or not believable
	DueBy                     Date       // zero: not known, or not on any calendar
	Service                   string     // opaque id; empty: none, or none that can be an id
}

// Standings returns one standing for each referral, that of the copy which [Build]
// shows, in the order of their ids. Facts without a usable id are left out: they
// could not be found again at the next read.
func Standings(facts []Facts) []Standing {
	usable := make([]Facts, 0, len(facts))
	for i := range facts {
		if Token(facts[i].ID, MaxCode) != nil {
			usable = append(usable, facts[i])
		}
	}
	all := Merge(usable)
	list := make([]Standing, 0, len(all))
	for _, same := range all {
		list = append(list, standing(&same[0]))
	}
	slices.SortFunc(list, func(a, b Standing) int { return cmp.Compare(a.ID, b.ID) })
	return list
}

func standing(f *Facts) Standing {
	s := Standing{
		ID: f.ID, Stage: StageOf(f), Version: cutBytes(f.Version, MaxCode),
		HasAppointment: f.Appointment != nil, HasReview: f.Review != nil,
	}
	if s.HasAppointment && f.Appointment.Start != nil && Believable(*f.Appointment.Start) {
		start := f.Appointment.Start.UTC().Round(0)
		s.Start = &start
	}
	if s.HasReview && f.Review.DueBy.Valid() {
		s.DueBy = f.Review.DueBy
	}
	if f.Service != nil && Token(f.Service.ID, MaxCode) != nil {
		s.Service = f.Service.ID
	}
	return s
}

// cutBytes bounds text, and keeps it valid as such.
func cutBytes(s string, limit int) string {
	if len(s) > limit {
		s = s[:limit]
	}
	if utf8.ValidString(s) {
		return s
	}
	return strings.ToValidUTF8(s, "")
}
