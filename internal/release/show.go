package release

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/patient-care-aggregator/aggregator/internal/aggregate"
	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/consent"
	"github.com/patient-care-aggregator/aggregator/internal/history"
	"github.com/patient-care-aggregator/aggregator/internal/session"
	"github.com/patient-care-aggregator/aggregator/internal/wording"
)

// Request says what is to be shown to whom.
type Request struct {
	Caller        session.Caller
	CorrelationID string
	// Purpose is what the data is for, as the log and the citizen's access log name it.
	Purpose string
	Lang    wording.Lang
	// Refresh asks the sources even where a fresh reading is kept.
	Refresh bool
	// Changes, when set, asks for what earlier reads saw change; no source is asked.
	Changes *history.Query
	// NoHistory says that the content has nothing of earlier reads. Then this one
	// is not remembered either.
	NoHistory bool
	// HandOff says that the citizen is sent to where they can change what is shown
	// here: for half an hour each request asks the sources again.
	HandOff bool
	// Known reports whether the caller already has the content of that tag; nil: no.
	Known func(tag string) bool
}

func (q Request) scopes() []consent.Scope {
	if q.Changes != nil {
		return []consent.Scope{consent.TimelineRead, consent.HistoryStore}
	}
	return []consent.Scope{consent.TimelineRead}
}

// Show decides, asks, has render put what came into content, and writes the log
// entry. The content may leave when Show has returned it, and not otherwise.
//
// render may be called three times and MUST have no effect of its own. Its error ends
// the act: it is logged that nothing was shown, and Show returns that error.
//
// Errors: [ConsentRequired], ErrSessionEnded, ErrNotLogged, ErrUnavailable, what
// the sources return (internal/aggregate), and what render returns.
func (s *Service) Show(ctx context.Context, q Request, render func(Reading) (Content, error)) (Released, error) {
	a := attempt{s: s, q: q}
	released, err := a.show(ctx, render)
	if !audit.IsGuardError(err) {
		return released, err
	}
	// Consent, session or history changed between the decision and the entry. What is
	// remembered of the consents may be older than what is stored.
	s.d.Consents.Forget(q.Caller.Citizen.Ref)
	a = attempt{s: s, q: q, asked: a.asked, again: true}
	released, err = a.show(ctx, render)
	if errors.Is(err, history.ErrConflict) {
		q.NoHistory = true // others change it again and again: it never costs an answer
		a = attempt{s: s, q: q, asked: a.asked, again: true}
		released, err = a.show(ctx, render)
	}
	if !audit.IsGuardError(err) {
		return released, err
	}
	return Released{}, a.overtaken(ctx, err)
}

// Refresh asks the sources and shows nothing: the next request finds their answer
// kept. That they were asked is logged here.
func (s *Service) Refresh(ctx context.Context, q Request) error {
	q.Refresh = true
	a := attempt{s: s, q: q}
	if err := a.decide(ctx); err != nil {
		return err
	}
	if _, err := a.read(ctx); err != nil {
		return err
	}
	if len(a.asked) == 0 {
		return nil
	}
	if _, err := s.d.Log.Append(ctx, audit.Guard{}, a.asked...); err != nil {
		return notLogged(err)
	}
	return nil
}

// attempt is one try to show something.
type attempt struct {
	s       *Service
	q       Request
	consent consent.Decision
	asked   []audit.Entry // about the sources that were asked
	again   bool          // the sources were asked by the first attempt
}

func (a *attempt) show(ctx context.Context, render func(Reading) (Content, error)) (Released, error) {
	if err := a.decide(ctx); err != nil {
		return Released{}, err
	}
	reading, err := a.read(ctx)
	if err != nil {
		return Released{}, err
	}
	content, err := render(reading)
	if err != nil {
		return Released{}, a.refuse(ctx, outcomeOf(err), err)
	}
	// The last look at what leaves, whatever made it.
	number := a.q.Caller.Citizen.NHSNumber.Reveal()
	if holdsNumber(content.Body, number) || holdsNumber([]byte(content.Location), number) {
		return Released{}, a.refuse(ctx, audit.Failed, ErrHoldsNumber)
	}
	return a.release(ctx, reading, content)
}

// decide asks whether the client may have the citizen's data, and logs it if not.
func (a *attempt) decide(ctx context.Context) error {
	var err error
	a.consent, err = a.s.d.Consents.Decide(ctx, a.q.Caller.Citizen.Ref, a.q.Caller.Client, a.q.scopes())
	if err != nil {
		return Unavailable(err)
	}
	if a.consent.Allowed {
		return nil
	}
	refused := &ConsentRequired{Client: a.q.Caller.Client, Missing: a.consent.Missing, Notice: a.consent.Notice}
	return a.refuseBecause(ctx, audit.Refused, string(a.consent.Reason), refused)
}

// read asks the sources, or the history, and decides once more: the citizen may
// have withdrawn meanwhile.
func (a *attempt) read(ctx context.Context) (Reading, error) {
	words, policy := a.s.d.Words()
	r := Reading{Words: words, Policy: policy, Lang: a.q.Lang, counted: a.s.d.Counted}
	if a.q.Changes != nil {
		changes, err := a.s.d.History.Changes(ctx, a.q.Caller.Citizen.Ref, a.q.Caller.Client, *a.q.Changes)
		if err != nil && !errors.Is(err, history.ErrNotAllowed) {
			return Reading{}, a.refuse(ctx, audit.Failed, Unavailable(err))
		}
		if derr := a.decide(ctx); derr != nil {
			return Reading{}, derr
		}
		if err != nil { // allowed again by now
			return Reading{}, a.refuse(ctx, audit.Failed, Unavailable(err))
		}
		r.Changes, r.At = changes, a.s.d.Now()
		return r, nil
	}
	result, err := a.readSources(ctx)
	a.asked = append(a.asked, a.askedOf(result)...)
	if derr := a.decide(ctx); derr != nil {
		return Reading{}, derr
	}
	if err != nil {
		return Reading{}, a.refuse(ctx, audit.Failed, err)
	}
	r.Result = result
	if !a.q.NoHistory {
		// Only now: the guard is made of the decision above.
		seen := a.s.d.History.Observe(ctx, a.q.Caller.Citizen.Ref, a.q.Caller.Client, seenIn(result))
		r.Observed, r.change = seen.Observed, seen.Change
	}
	r.At = a.s.d.Now()
	return r, nil
}

func (a *attempt) readSources(ctx context.Context) (aggregate.Result, error) {
	mode := aggregate.Cached
	if !a.again && (a.q.Refresh || a.s.handOffs.recent(ctx, a.q.Caller.Citizen.Ref, a.s.d.Now())) {
		mode = aggregate.Refresh
	}
	k := a.q.Caller
	access := aggregate.Access{
		Citizen: k.Citizen, IDToken: k.Session.IDToken, IDTokenID: k.Session.IDTokenID,
		IDTokenExpires: k.Session.IDTokenExpires, CorrelationID: a.q.CorrelationID,
	}
	return a.s.d.Sources.Read(ctx, access, mode) //nolint:wrapcheck // it names the source
}

// answerDigest is the purpose under which answers are digested.
const answerDigest = "audit-answer"

// release writes the entry, and with it what the reading adds to the history. Until it
// has returned without an error, nothing leaves.
func (a *attempt) release(ctx context.Context, r Reading, c Content) (Released, error) {
	out := Released{content: c.summed(), tag: c.tag()}
	kind := audit.DataReleased
	if c.Tagged && !c.Incomplete && a.q.Known != nil && a.q.Known(out.tag) {
		kind, out.unchanged = audit.DataNotModified, true
	}
	who := a.q.Caller.Citizen
	entry := a.entry(kind, audit.Succeeded)
	entry.Consent, entry.Event = a.consent.ConsentID, a.consent.NewestEvent
	entry.Policy, entry.ValueSets = r.Policy.Version(), r.Words.Version()
	entry.Digest = encoded(who.KeyedDigest(answerDigest, out.content.Sum[:]))
	if entry.Referrals = len(c.Referrals); entry.Referrals > 0 {
		ids := strings.Join(slices.Sorted(slices.Values(c.Referrals)), "\n")
		entry.ReferralsDigest = encoded(who.KeyedDigest("audit-referrals", []byte(ids)))
	}
	noteAge(&entry, r)
	var err error
	if out.written, err = a.appendEntry(ctx, r.change, entry); err != nil {
		return Released{}, err
	}
	if a.q.HandOff {
		a.s.handOffs.note(ctx, who.Ref, a.s.d.Now())
	}
	return out, nil
}
