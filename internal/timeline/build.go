package timeline

import (
	"slices"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/disclosure"
	"github.com/patient-care-aggregator/aggregator/internal/referral"
	"github.com/patient-care-aggregator/aggregator/internal/wording"
)

// Input is what a timeline is made of.
type Input struct {
	// Facts are what the sources know. Their order does not matter.
	Facts []referral.Facts
	// Orphans are appointments and reviews whose referral no source sent.
	Orphans []referral.Facts
	// Observed is what this service saw of the same referrals on earlier reads, in
	// any order: earlier stages become events, the current one has the day on which it
	// was first seen, and a long wait is shown. What was observed of a referral that
	// is not among the facts is not shown.
	Observed []referral.Observed
	// Sources are how the sources did, and Notices what could not be shown.
	Sources []referral.Source
	Notices []referral.Notice
}

// Build makes the timeline of one citizen at one instant. It is deterministic:
// the same input at any instant before ChangesAt leads to the same answer. No facts
// lead to an empty timeline; whether that means "nothing for you" is for the caller
// to know.
func Build(in Input, words *wording.Set, policy *disclosure.Policy, lang wording.Lang, now time.Time) Timeline {
	b := &builder{words: words, policy: policy, judge: policy.Judge(words), lang: lang, now: now, observed: referral.ByReferral(in.Observed)}
	all := referral.Merge(in.Facts)
	drafts := make([]draft, 0, len(all))
	for _, same := range all {
		b.counts.Duplicates += len(same) - 1
		drafts = append(drafts, b.referral(same))
	}
	assured := complete(in) && !slices.ContainsFunc(drafts, func(d draft) bool { return d.unclear() })
	for i := range drafts {
		b.tell(&drafts[i], assured)
	}
	sortReferrals(drafts)
	t := Timeline{
		Referrals: make([]Referral, 0, len(drafts)),
		Orphans:   b.orphans(in.Orphans),
		Events:    make([]Event, 0, len(drafts)*3),
		Sources:   SourcesInWords(in.Sources, words, lang),
		Notices:   NoticesInWords(in.Notices, words, lang),
	}
	for i := range drafts {
		t.Referrals = append(t.Referrals, drafts[i].Referral)
		t.Events = append(t.Events, drafts[i].Events...)
	}
	sortEvents(t.Events)
	t.Summary = b.summary(in, drafts)
	t.ChangesAt, t.Counts = b.changesAt, b.counts
	return t
}

// builder carries what every step needs and gathers what the steps find.
type builder struct {
	words  *wording.Set
	policy *disclosure.Policy
	judge  *disclosure.Judge
	lang   wording.Lang
	now    time.Time
	// observed are the stages seen on earlier reads, by referral.
	observed map[string][]referral.Observed

	changesAt time.Time
	counts    Counts
}

func (b *builder) say(key wording.Key, values ...string) wording.Text {
	return b.words.Say(b.lang, key, values...)
}

func (b *builder) sayOn(key wording.Key, day time.Time, values ...string) wording.Text {
	return b.words.SayOn(b.lang, key, day, values...)
}

func (b *builder) sayAt(key wording.Key, at time.Time) wording.Text {
	return b.words.SayAt(b.lang, key, at)
}

func (b *builder) london() *time.Location { return b.words.London() }

// reached notes an instant at which only time changes the answer, and reports
// whether it has come.
func (b *builder) reached(at time.Time) bool {
	if !b.now.Before(at) {
		return true
	}
	if b.changesAt.IsZero() || at.Before(b.changesAt) {
		b.changesAt = at
	}
	return false
}

// unknown counts a code or value that has no meaning here.
func (b *builder) unknown(kind CodeKind) {
	if b.counts.Unknown == nil {
		b.counts.Unknown = make(map[CodeKind]int)
	}
	b.counts.Unknown[kind]++
}

// draft is a referral with what its last words and its place in the order need.
type draft struct {
	Referral
	facts   *referral.Facts
	booking booking
	due     duty
	stage   referral.Stage
	words   wording.StateKey
	kind    wording.AppointmentType // of the service
	seen    sightings
	next    time.Time // of what is still to come; zero: nothing is dated
}

// unclear reports whether it is not known where the referral is or who acts.
func (d *draft) unclear() bool {
	return d.State.Code == referral.StateUnknown || d.State.WhoActs == referral.UnknownActor
}

// referral describes one referral from all the copies of its facts, but for the
// words that depend on the others: tell adds those.
func (b *builder) referral(same referral.Copies) draft {
	f := &same[0]
	verdict := b.judge.Level(same)
	if verdict > disclosure.Show {
		b.counts.Softened++
	}
	rule, known := referral.RulesOf(f.State)
	if !known {
		b.unknown(CodeState)
	}
	d := draft{facts: f, stage: referral.StageOf(f)}
	if f.Service != nil {
		d.kind, _ = b.words.AppointmentType(f.Service.Type)
	}
	d.booking = b.booking(f.Appointment, d.stage.State, rule.Appointment)
	d.due = b.review(f.Review)
	d.next = earliest(d.booking.upcoming(), d.due.upcoming(b.london()))
	d.Referral = Referral{
		ID:               f.ID,
		BookingReference: b.bookingReference(f.BookingReference),
		Specialty:        b.specialty(f, verdict),
		Priority:         b.priority(f.Priority),
		ReferredOn:       b.day(f.ReferredOn),
		Referrer:         b.place(f.Referrer, verdict, b.policy.Softened.Referrer),
		Service:          b.service(f.Service, verdict),
		Appointment:      b.appointment(f, d.booking, d.kind.Remote),
		Review:           d.due.shown(),
	}
	d.Contact = b.contact(f, &d, rule.Phase, verdict)
	byTime := b.state(&d, rule)
	d.seen = b.sightings(f.ID, d.stage, byTime)
	if f.ManageURL != "" {
		path := "/v1/referrals/" + f.ID + "/manage"
		d.ManageURL = &path
	}
	return d
}

// tell adds what to do next, how long the wait is, and what is made of these.
// assured says that nothing is missing and that of every referral it is known who
// acts, so that the citizen can be told to do nothing.
func (b *builder) tell(d *draft, assured bool) {
	b.nextStep(d)
	b.wait(d, assured)
	if d.Appointment != nil {
		d.Appointment.Calendar = b.calendarEntry(d, d.facts.Appointment)
	}
	d.Events = b.events(d)
}

// day writes a London day; one that no calendar has counts as absent.
func (b *builder) day(d referral.Date) *string {
	if d.IsZero() {
		return nil
	}
	if !d.Valid() {
		b.unknown(CodeDate)
		return nil
	}
	text := d.String()
	return &text
}

// bookingReference groups the digits in fours, as the letter does.
func (b *builder) bookingReference(raw string) *string {
	const group, longest = 4, 24
	if raw == "" {
		return nil
	}
	grouped := make([]byte, 0, len(raw)+len(raw)/group)
	for i := range min(len(raw), longest+1) {
		if raw[i] < '0' || raw[i] > '9' || len(raw) > longest {
			b.unknown(CodeBookingReference)
			return nil
		}
		if i > 0 && i%group == 0 {
			grouped = append(grouped, ' ')
		}
		grouped = append(grouped, raw[i])
	}
	text := string(grouped)
	return &text
}

func earliest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
