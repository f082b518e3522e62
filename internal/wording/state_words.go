package wording

import "github.com/patient-care-aggregator/aggregator/internal/referral"

// StateKey names the words for one situation of a referral in states.yaml: a
// state code, or one of the keys below.
type StateKey string

// The keys beyond one for each state code.
const (
	BookedDateToCome StateKey = "BOOKED.date_to_come" // hospital staff will send the date
	BookedDateUnseen StateKey = "BOOKED.date_unseen"  // booked, but no appointment could be read
	BookedTimeUnseen StateKey = "BOOKED.time_unseen"  // the day is known, the time of day is not
	BookedDatePassed StateKey = "BOOKED.passed"
	BookedDayPassed  StateKey = "BOOKED.day_passed" // the same without a time of day
	overdue          StateKey = "OVERDUE."          // followed by the kind of review
)

// Overdue is the key for a review of this kind that is overdue.
func Overdue(kind string) StateKey { return overdue + StateKey(kind) }

// KeyOfStage is the key whose title names the stage.
func KeyOfStage(s referral.Stage) StateKey {
	if s.State == referral.StateBooked && s.Phase == referral.PhaseWithService {
		return BookedDateToCome
	}
	return StateKey(s.State)
}

// StateWords are the words of one situation.
type StateWords struct {
	Title, Description, NextStep Phrase
	// DescriptionBy is the description where a due date is known; nil where the
	// situation has no such words.
	DescriptionBy Phrase
	// LongWaitDays is after how many days the wait for the hospital is long; 0
	// where the hospital does not act.
	LongWaitDays int
	// NothingToDo: the citizen may be told that there is nothing to do now, where all
	// else is certain.
	NothingToDo bool
}

// State returns the words of one situation.
func (s *Set) State(key StateKey) StateWords { return s.states[key] }

// stateSlots are the keys that states.yaml must have, with the slots of each
// description.
func stateSlots() map[StateKey][]string {
	slots := map[StateKey][]string{
		referral.StateUnknown:               nil,
		referral.StateEnded:                 nil,
		BookedDateToCome:                    nil,
		BookedDateUnseen:                    nil,
		BookedTimeUnseen:                    {"date"},
		BookedDatePassed:                    {"date", "time"},
		BookedDayPassed:                     {"date"},
		Overdue(referral.ReviewTriage):      {"date"},
		Overdue(referral.ReviewAppointment): {"date"},
		Overdue(referral.ReviewUnknown):     {"date"},
	}
	for _, code := range referral.States() {
		slots[StateKey(code)] = nil
	}
	slots[referral.StateBooked] = []string{"date", "time"}
	return slots
}

// hospitalActs reports whether the citizen waits for the hospital in this situation.
func hospitalActs(key StateKey) bool {
	rule, known := referral.RulesOf(string(key))
	return key == BookedDateToCome || known && rule.WhoActs == referral.ByHospital
}
