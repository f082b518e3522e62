package release_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/aggregate"
	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/cache/memory"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/client"
	"github.com/patient-care-aggregator/aggregator/internal/consent"
	"github.com/patient-care-aggregator/aggregator/internal/disclosure"
	"github.com/patient-care-aggregator/aggregator/internal/history"
	"github.com/patient-care-aggregator/aggregator/internal/referral"
	"github.com/patient-care-aggregator/aggregator/internal/release"
	"github.com/patient-care-aggregator/aggregator/internal/session"
	"github.com/patient-care-aggregator/aggregator/internal/timeline"
	"github.com/patient-care-aggregator/aggregator/internal/wording"
	"github.com/patient-care-aggregator/aggregator/valuesets"
)

const ann citizen.Ref = "ann"

// world is a service with one citizen, and everything that it depends on. What a
// step does besides its own is a func field.
type world struct {
	*release.Service

	now     time.Time
	granted bool
	newest  int64 // sequence of the newest consent event
	session citizen.Ref
	number  citizen.NHSNumber

	during  func() // while the sources are asked
	reading aggregate.Result
	failure error
	asked   []aggregate.Mode
	changes []referral.Change
	forgot  int
	// What each reading adds to the history, in their order; after those: nothing.
	adds []*history.Change
	// observed counts the readings that were compared with the history.
	observed int
	stored   []*history.Change
	// overtaken are changes that start from a state which is not the stored one.
	overtaken []*history.Change

	logFails error
	before   func() // before entries are judged
	entries  []audit.Entry
}

// wordsOf reads the value sets that come with the service.
func wordsOf(t *testing.T) (*wording.Set, *disclosure.Policy) {
	t.Helper()
	words, err := wording.Load(valuesets.FS(), wording.AllDrafts())
	if err != nil {
		t.Fatal(err)
	}
	policy, err := disclosure.Load(valuesets.FS(), words)
	if err != nil {
		t.Fatal(err)
	}
	return words, policy
}

func newWorld(t *testing.T) *world {
	t.Helper()
	words, policy := wordsOf(t)
	w := &world{
		now: time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC), granted: true, newest: 1, session: ann,
		during: func() {}, before: func() {},
	}
	var err error
	if w.number, err = citizen.ParseNHSNumber("9990000018"); err != nil {
		t.Fatal(err)
	}
	fetched := w.now.Add(-time.Minute)
	w.reading = aggregate.Result{
		Complete: true, Facts: []referral.Facts{{ID: "referral-1"}},
		Sources: []aggregate.SourceOutcome{{Source: referral.Source{ID: "ers-01", Name: "e-RS", Status: referral.SourceOK, FetchedAt: &fetched}, Asked: true}},
	}
	w.Service, err = release.New(release.Deps{
		HandOffs: memory.New[time.Time](10),
		Consents: consents{w}, Sources: sources{w}, History: histories{w}, Words: func() (*wording.Set, *disclosure.Policy) { return words, policy },
		Log: log{w: w}, Recording: w.recording, Now: func() time.Time { return w.now },
		Reason:  func(err error) string { return err.Error() },
		Counted: func(timeline.Counts) {},
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) caller() session.Caller {
	return session.Caller{
		Citizen: citizen.New(ann, w.number, [32]byte{1}), Client: client.Web, Via: session.ViaCookie,
		Session: session.Session{ID: session.IDOf("secret"), ExpiresAt: w.now.Add(12 * time.Hour), IDTokenExpires: w.now.Add(time.Hour)},
	}
}

func (w *world) ask(change ...func(*release.Request)) release.Request {
	q := release.Request{Caller: w.caller(), CorrelationID: "c", Purpose: "timeline", Lang: wording.English}
	for _, each := range change {
		each(&q)
	}
	return q
}

func (w *world) withdraw() { w.granted, w.newest = false, w.newest+1 }

func (w *world) kinds() []audit.Kind {
	var all []audit.Kind
	for _, e := range w.entries {
		all = append(all, e.Kind)
	}
	return all
}

// whole renders the timeline.
func whole(r release.Reading) (release.Content, error) {
	built := r.Timeline()
	return r.JSON(built, release.IDs(built))
}

type consents struct{ w *world }

func (c consents) Decide(_ context.Context, _ citizen.Ref, _ client.ID, scopes []consent.Scope) (consent.Decision, error) {
	d := consent.Decision{Notice: "2026-11-01", NewestEvent: c.w.newest, EndsAt: c.w.now.Add(24 * time.Hour), ConsentID: "consent-1"}
	if d.Allowed = c.w.granted; !d.Allowed {
		d.Reason, d.Missing = consent.ReasonWithdrawn, scopes
	}
	return d, nil
}

func (c consents) Forget(citizen.Ref) { c.w.forgot++ }

type sources struct{ w *world }

func (s sources) Read(_ context.Context, _ aggregate.Access, mode aggregate.Mode) (aggregate.Result, error) {
	s.w.asked = append(s.w.asked, mode)
	s.w.during()
	return s.w.reading, s.w.failure
}

type histories struct{ w *world }

// Observe tells of one observation for each time that it was called.
func (h histories) Observe(context.Context, citizen.Ref, client.ID, history.Reading) history.Seen {
	h.w.observed++
	seen := history.Seen{Observed: make([]referral.Observed, h.w.observed)}
	if h.w.observed <= len(h.w.adds) {
		seen.Change = h.w.adds[h.w.observed-1]
	}
	return seen
}

func (h histories) Changes(context.Context, citizen.Ref, client.ID, history.Query) ([]referral.Change, error) {
	h.w.during()
	return h.w.changes, h.w.failure
}

// log judges as a store does.
type log struct {
	w    *world
	with *history.Change // nil: nothing
}

func (w *world) recording(c *history.Change) audit.Appender { return log{w, c} }

func (l log) Append(ctx context.Context, g audit.Guard, entries ...audit.Entry) (audit.Written, error) {
	l.w.before()
	if err := ctx.Err(); err != nil {
		return audit.Written{}, err
	}
	if l.w.logFails != nil {
		return audit.Written{}, l.w.logFails
	}
	if err := errors.Join(g.Admits(entries...), g.Judge(audit.GuardState{ConsentSeq: l.w.newest, SessionOf: l.w.session}, l.w.now)); err != nil {
		return audit.Written{}, err
	}
	if l.with != nil {
		if slices.Contains(l.w.overtaken, l.with) {
			return audit.Written{}, history.ErrConflict
		}
		l.w.stored = append(l.w.stored, l.with)
	}
	l.w.entries = append(l.w.entries, entries...)
	return audit.Written{Count: len(entries)}, nil
}

// once runs do the first time only.
func once(do func()) func() {
	var o sync.Once
	return func() { o.Do(do) }
}
