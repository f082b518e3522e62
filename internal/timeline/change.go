package timeline

import "time"

// ChangeKind is what sort of thing changed between two reads.
type ChangeKind string

// The kinds of change.
const (
	ChangeNew         ChangeKind = "new_referral"          // it is in the list, and was not at the read before
	ChangeState       ChangeKind = "state_changed"         // it stands at another stage
	ChangeAppointment ChangeKind = "appointment_changed"   // its appointment has another start
	ChangeCancelled   ChangeKind = "appointment_cancelled" // its appointment was cancelled, by whomever
	ChangeReview      ChangeKind = "review_changed"        // the provider means to act by another day
	ChangeGone        ChangeKind = "gone"                  // it is no longer in the list
)

// Change is one thing that changed, as it was seen.
type Change struct {
	ID         string // stable and opaque
	ReferralID string
	Kind       ChangeKind
	// At is when it was seen: it happened between the read before and then.
	At       time.Time
	From, To Stage      // empty where there is none: From of a new referral, To of one that is gone
	Start    *time.Time // of the appointment after the change; nil: none is known
	DueBy    Date       // of the review after the change; zero: none is known
}

// ChangeShown is a change as the citizen reads it.
type ChangeShown struct {
	ID         string     `json:"id"`
	ReferralID string     `json:"referralId"`
	Kind       ChangeKind `json:"kind"`
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
func TellChanges(changes []Change, vs *ValueSets, lang Lang) []ChangeShown {
	b := &builder{vs: vs, lang: lang}
	shown := make([]ChangeShown, len(changes))
	for i := range changes {
		shown[i] = b.change(&changes[i])
	}
	return shown
}

func (b *builder) change(c *Change) ChangeShown {
	at := c.At.In(b.vs.london)
	s := ChangeShown{
		ID: c.ID, ReferralID: c.ReferralID, Kind: c.Kind,
		At: at.Format(rfc3339), DisplayDate: b.vs.dateInWords(at, b.lang),
		From: c.From.code(), To: c.To.code(),
	}
	s.Title, s.Detail = b.changeWords(c)
	return s
}

// code is the code to tell; nil for no stage.
func (s Stage) code() *string {
	if s == (Stage{}) {
		return nil
	}
	code := s.sound().State
	return &code
}

func (b *builder) changeWords(c *Change) (title string, detail *string) {
	after := b.stageTitle(c.To)
	tell := func(text string) *string { return &text }
	switch {
	case c.Kind == ChangeNew:
		return b.say(sayChangeNew), tell(after)
	case c.Kind == ChangeGone:
		return b.say(sayChangeGone), tell(b.say(sayChangeGoneNext))
	case c.Kind == ChangeAppointment && c.Start != nil:
		return b.sayAt(sayChangeAppointment, *c.Start), nil
	case c.Kind == ChangeReview && c.DueBy.Valid():
		return b.sayOn(sayChangeReview, c.DueBy.begins(b.vs.london)), nil
	case c.To.sound().Phase == PhaseBooked && c.Start != nil:
		return after, tell(b.sayAt(sayChangeAppointment, *c.Start))
	case c.From == Stage{}:
		return after, nil
	}
	return after, tell(b.sayBefore(c.From))
}

func (b *builder) stageTitle(s Stage) string { return b.vs.faces[s.sound().face()].title.in(b.lang) }

// sayBefore names the stage before, in the one language that both its title and
// the phrase around it have.
func (b *builder) sayBefore(s Stage) string {
	title := b.vs.faces[s.sound().face()].title
	lang := b.vs.phrases[sayChangeBefore].spoken(title.spoken(b.lang))
	return b.vs.say(lang, sayChangeBefore, "state", title.in(lang))
}

// sayAt fills a phrase that has a {date} and a {time}, in one language.
func (b *builder) sayAt(key sayKey, at time.Time) string {
	at = at.In(b.vs.london)
	return b.sayOn(key, at, "time", b.vs.timeInWords(at, b.vs.phrases[key].spoken(b.lang)))
}
