package timeline

import (
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/referral"
	"github.com/patient-care-aggregator/aggregator/internal/wording"
)

// Change is a change as the citizen reads it.
type Change struct {
	ID         string              `json:"id"`
	ReferralID string              `json:"referralId"`
	Kind       referral.ChangeKind `json:"kind"`
	// At is RFC 3339 with the London offset, and DisplayDate its day in words.
	At          string       `json:"at"`
	DisplayDate wording.Text `json:"displayDate"`
	// From and To are codes of eRS-ReferralState, or UNKNOWN; nil when there is none.
	From   *string       `json:"from"`
	To     *string       `json:"to"`
	Title  wording.Text  `json:"title"`
	Detail *wording.Text `json:"detail"`
}

// TellChanges puts changes into words, in the same order. The words are of the
// value sets only, each checked against the disclosure policy when it was
// loaded, and dates: no name, specialty or service is told. It needs no clock:
// a change reads the same for ever.
func TellChanges(changes []referral.Change, words *wording.Set, lang wording.Lang) []Change {
	b := &builder{words: words, lang: lang}
	shown := make([]Change, len(changes))
	for i := range changes {
		shown[i] = b.change(&changes[i])
	}
	return shown
}

func (b *builder) change(c *referral.Change) Change {
	at := c.At.In(b.london())
	s := Change{
		ID: c.ID, ReferralID: c.ReferralID, Kind: c.Kind,
		At: at.Format(rfc3339), DisplayDate: b.words.Date(at, b.lang),
		From: codeOf(c.From), To: codeOf(c.To),
	}
	s.Title, s.Detail = b.changeWords(c)
	return s
}

// codeOf is the code to tell; nil for no stage.
func codeOf(s referral.Stage) *string {
	if s == (referral.Stage{}) {
		return nil
	}
	code := s.Normalised().State
	return &code
}

func (b *builder) changeWords(c *referral.Change) (title wording.Text, detail *wording.Text) {
	after := b.stageTitle(c.To)
	tell := func(text wording.Text) *wording.Text { return &text }
	switch {
	case c.Kind == referral.ChangeNew:
		return b.say(wording.KeyChangeNew), tell(after)
	case c.Kind == referral.ChangeGone:
		return b.say(wording.KeyChangeGone), tell(b.say(wording.KeyChangeGoneNext))
	case c.Kind == referral.ChangeAppointment && c.Start != nil:
		return b.appointmentSet(*c.Start), nil
	case c.Kind == referral.ChangeReview && c.DueBy.Valid():
		return b.sayOn(wording.KeyChangeReview, c.DueBy.Begins(b.london())), nil
	case c.To.Normalised().Phase == referral.PhaseBooked && c.Start != nil:
		return after, tell(b.appointmentSet(*c.Start))
	case c.From == referral.Stage{}:
		return after, nil
	}
	return after, tell(b.say(wording.KeyChangeBefore, "state", b.stageTitle(c.From).Text))
}

// appointmentSet says for when an appointment was set.
func (b *builder) appointmentSet(start time.Time) wording.Text {
	if timeless(start, b.london()) {
		return b.sayOn(wording.KeyChangeDay, start.In(b.london()))
	}
	return b.sayAt(wording.KeyChangeAppointment, start)
}

func (b *builder) stageTitle(s referral.Stage) wording.Text {
	return b.words.State(wording.KeyOfStage(s.Normalised())).Title.In(b.lang)
}
