package timeline

import (
	"github.com/patient-care-aggregator/aggregator/internal/referral"
	"time"
)

// ChangeShown is a change as the citizen reads it.
type ChangeShown struct {
	ID         string              `json:"id"`
	ReferralID string              `json:"referralId"`
	Kind       referral.ChangeKind `json:"kind"`
	// At is RFC 3339 with the London offset, and DisplayDate its day in words.
	At          string `json:"at"`
	DisplayDate string `json:"displayDate"`
	// From and To are codes of eRS-ReferralState, or UNKNOWN; nil where there is none.
	From   *string `json:"from"`
	To     *string `json:"to"`
	Title  string  `json:"title"`
	Detail *string `json:"detail"`
}

// TellChanges puts changes into words, in the order given. The words are of the
// value sets alone, each checked against the disclosure policy when it was
// loaded, and dates: no name, specialty or service is told. It needs no clock:
// a change reads the same for ever.
func TellChanges(changes []referral.Change, vs *ValueSets, lang Lang) []ChangeShown {
	b := &builder{vs: vs, lang: lang}
	shown := make([]ChangeShown, len(changes))
	for i := range changes {
		shown[i] = b.change(&changes[i])
	}
	return shown
}

func (b *builder) change(c *referral.Change) ChangeShown {
	at := c.At.In(b.vs.london)
	s := ChangeShown{
		ID: c.ID, ReferralID: c.ReferralID, Kind: c.Kind,
		At: at.Format(rfc3339), DisplayDate: b.vs.dateInWords(at, b.lang),
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

func (b *builder) changeWords(c *referral.Change) (title string, detail *string) {
	after := b.stageTitle(c.To)
	tell := func(text string) *string { return &text }
	switch {
	case c.Kind == referral.ChangeNew:
		return b.say(sayChangeNew), tell(after)
	case c.Kind == referral.ChangeGone:
		return b.say(sayChangeGone), tell(b.say(sayChangeGoneNext))
	case c.Kind == referral.ChangeAppointment && c.Start != nil:
		return b.sayAt(sayChangeAppointment, *c.Start), nil
	case c.Kind == referral.ChangeReview && c.DueBy.Valid():
		return b.sayOn(sayChangeReview, c.DueBy.Begins(b.vs.london)), nil
	case c.To.Normalised().Phase == referral.PhaseBooked && c.Start != nil:
		return after, tell(b.sayAt(sayChangeAppointment, *c.Start))
	case c.From == referral.Stage{}:
		return after, nil
	}
	return after, tell(b.sayBefore(c.From))
}

func (b *builder) stageTitle(s referral.Stage) string {
	return b.vs.faces[faceOf(s.Normalised())].title.in(b.lang)
}

// sayBefore names the stage before, in the one language that both its title and
// the phrase around it have.
func (b *builder) sayBefore(s referral.Stage) string {
	title := b.vs.faces[faceOf(s.Normalised())].title
	lang := b.vs.phrases[sayChangeBefore].spoken(title.spoken(b.lang))
	return b.vs.say(lang, sayChangeBefore, "state", title.in(lang))
}

// sayAt fills a phrase that has a {date} and a {time}, in one language.
func (b *builder) sayAt(key sayKey, at time.Time) string {
	at = at.In(b.vs.london)
	return b.sayOn(key, at, "time", b.vs.timeInWords(at, b.vs.phrases[key].spoken(b.lang)))
}
