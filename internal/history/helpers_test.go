package history_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/client"
	"github.com/patient-care-aggregator/aggregator/internal/clocktest"
	"github.com/patient-care-aggregator/aggregator/internal/consent"
	"github.com/patient-care-aggregator/aggregator/internal/history"
	"github.com/patient-care-aggregator/aggregator/internal/keys"
	"github.com/patient-care-aggregator/aggregator/internal/referral"
	"github.com/patient-care-aggregator/aggregator/internal/session"
)

const (
	ann citizen.Ref = "ANNSPSEUDONYM"
	app client.ID   = "app-one"

	heart = "heartAAAAAAAAAAAAAAAAA"
	eyes  = "eyesBBBBBBBBBBBBBBBBBB"
)

// noon is the time that the tests start from, and day counts from it.
func noon() time.Time { return time.Date(2026, time.March, 3, 12, 0, 0, 0, time.UTC) }

func day(n int) time.Time { return noon().AddDate(0, 0, n) }

// facts of one referral in a state.
func facts(id, state string, change ...func(*referral.Facts)) referral.Facts {
	f := referral.Facts{Source: "ers-01", ID: id, Version: "1", State: state, Priority: "ROUTINE"}
	for _, c := range change {
		c(&f)
	}
	return f
}

func at(start time.Time) func(*referral.Facts) {
	return func(f *referral.Facts) { f.Appointment = &referral.Appointment{ID: "appointment", Start: &start} }
}

func undated(f *referral.Facts) { f.Appointment = &referral.Appointment{ID: "appointment"} }

func dueBy(d int) func(*referral.Facts) {
	return func(f *referral.Facts) {
		when := day(d)
		f.Review = &referral.Review{Kind: referral.ReviewTriage, DueBy: referral.Date{Year: when.Year(), Month: when.Month(), Day: when.Day()}}
	}
}

func version(v string) func(*referral.Facts) { return func(f *referral.Facts) { f.Version = v } }

// whole is a complete reading.
func whole(when time.Time, list ...referral.Facts) history.Reading {
	return history.Reading{Facts: list, At: when, Complete: true}
}

func partly(when time.Time, list ...referral.Facts) history.Reading {
	return history.Reading{Facts: list, At: when}
}

func small() history.Limits {
	return history.Limits{Referrals: 4, Observations: 5, Retention: 100 * 24 * time.Hour, Confirm: 10 * 24 * time.Hour}
}

// after takes readings in, each at the moment it was made.
func after(t testing.TB, readings ...history.Reading) history.History {
	t.Helper()
	var h history.History
	for _, r := range readings {
		h = history.Compare(h, r, small(), r.At).Next
	}
	return h
}

// stages are the states seen of a referral, with ones that it was missing in between.
func stages(h history.History, id string) (list []string) {
	for _, o := range h.Observations {
		switch {
		case o.Referral != id:
		case o.Gone:
			list = append(list, "gone")
		default:
			list = append(list, o.State)
		}
	}
	return list
}

// since is when the stage in which the referral was seen last was first seen,
// worked out again and apart from the code under test.
func since(h history.History, id string) (stage referral.Stage, first time.Time) {
	for _, o := range h.Observations {
		if o.Referral != id || o.Gone {
			continue
		}
		if o.Stage != stage {
			stage, first = o.Stage, o.FirstSeen
		}
	}
	return stage, first
}

func changes(h history.History) (list []string) {
	for _, o := range h.Observations {
		for _, kind := range o.Changes {
			list = append(list, o.Referral[:4]+" "+string(kind))
		}
	}
	slices.Sort(list)
	return list
}

func ring(t testing.TB) *keys.Ring {
	t.Helper()
	r, err := keys.Parse([]byte(keys.Generate("k1")))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// consents allow a history to the clients named.
type consents struct {
	mu      sync.Mutex
	clients map[client.ID]bool
	err     error
	asked   func() // before each answer; nil: nothing
}

func (c *consents) allow(ids ...client.ID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.clients = map[client.ID]bool{}
	for _, id := range ids {
		c.clients[id] = true
	}
}

func (c *consents) Decide(_ context.Context, _ citizen.Ref, id client.ID, scopes []consent.Scope) (consent.Decision, error) {
	if c.asked != nil {
		c.asked()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return consent.Decision{Allowed: c.clients[id] && slices.Equal(scopes, []consent.Scope{consent.HistoryStore})}, c.err
}

func (c *consents) List(context.Context, citizen.Ref) ([]consent.Consent, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var list []consent.Consent
	for id := range c.clients {
		list = append(list, consent.Consent{Client: id, Scopes: []consent.Scope{consent.HistoryStore}, Status: consent.StatusActive})
	}
	return list, c.err
}

// store keeps histories in memory and counts what is asked of it.
type store struct {
	mu            sync.Mutex
	held          map[citizen.Ref]history.Snapshot
	reads, writes int
	err           error
	entries       []audit.Entry
	judge         func() error // of each append; nil: every guard holds
	unknown       error        // the outcome of what was written; nil: success
}

func newStore() *store { return &store{held: map[citizen.Ref]history.Snapshot{}} }

func (s *store) Observations(_ context.Context, ref citizen.Ref) (history.Snapshot, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads++
	return s.held[ref], s.err
}

func (s *store) Append(ctx context.Context, _ audit.Guard, ref citizen.Ref, step history.Step, entries ...audit.Entry) (audit.Written, error) {
	if s.judge != nil {
		if err := s.judge(); err != nil {
			return audit.Written{}, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.record(ctx, ref, step); err != nil {
		return audit.Written{}, err
	}
	s.entries = append(s.entries, entries...)
	return audit.Written{Count: len(entries)}, s.unknown
}

func (s *store) Record(ctx context.Context, ref citizen.Ref, step history.Step) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.record(ctx, ref, step)
}

func (s *store) record(ctx context.Context, ref citizen.Ref, step history.Step) error {
	switch now := s.held[ref]; {
	case ctx.Err() != nil:
		return ctx.Err()
	case s.err != nil:
		return s.err
	case now.Revision != step.Expected:
		return history.ErrConflict
	default:
		rows := slices.DeleteFunc(slices.Clone(now.Rows), func(r history.Row) bool {
			return slices.Contains(step.Drop, r.Referral) ||
				slices.ContainsFunc(step.Put, func(p history.Row) bool { return p.Referral == r.Referral })
		})
		rows = append(rows, step.Put...)
		slices.SortFunc(rows, func(a, b history.Row) int { return strings.Compare(a.Referral, b.Referral) })
		s.held[ref] = history.Snapshot{Revision: now.Revision + 1, Rows: rows}
		s.writes++
		return nil
	}
}

func (s *store) Remove(_ context.Context, ref citizen.Ref) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return s.err
	}
	s.held[ref] = history.Snapshot{Revision: s.held[ref].Revision + 1}
	return nil
}

func (s *store) Citizens(_ context.Context, after citizen.Ref, limit int) ([]citizen.Ref, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var refs []citizen.Ref
	for ref, snapshot := range s.held {
		if ref > after && len(snapshot.Rows) > 0 {
			refs = append(refs, ref)
		}
	}
	slices.Sort(refs)
	return refs[:min(len(refs), limit)], s.err
}

// bench is a keeper with everything around it.
type bench struct {
	*history.Keeper
	store      *store
	consents   *consents
	clock      *clocktest.Clock
	mu         sync.Mutex
	failures   []error
	impossible int
}

func newBench(t testing.TB, change ...func(*history.Deps)) *bench {
	t.Helper()
	b := &bench{store: newStore(), consents: &consents{}, clock: clocktest.At(noon())}
	b.consents.allow(app)
	d := history.Deps{
		Store: b.store, Ring: ring(t), Consents: b.consents, Now: b.clock.Now, Limits: small(),
		Counters: history.Counters{
			Impossible: func(n int) { b.mu.Lock(); defer b.mu.Unlock(); b.impossible += n },
			Failed: func(_ context.Context, err error) {
				b.mu.Lock()
				defer b.mu.Unlock()
				b.failures = append(b.failures, err)
			},
		},
	}
	for _, c := range change {
		c(&d)
	}
	var err error
	if b.Keeper, err = history.New(d); err != nil {
		t.Fatal(err)
	}
	return b
}

// observe shows a complete reading made on a day.
func (b *bench) observe(t testing.TB, n int, list ...referral.Facts) []referral.Observed {
	t.Helper()
	b.clock.Set(day(n))
	return b.show(t, ann, whole(day(n), list...))
}

// show compares a reading and writes that it was shown.
func (b *bench) show(t testing.TB, ref citizen.Ref, r history.Reading) []referral.Observed {
	t.Helper()
	seen := b.Observe(t.Context(), ref, app, r)
	if err := b.log(t, ref, seen); err != nil {
		t.Fatal(err)
	}
	return seen.Observed
}

// log writes that something was shown.
func (b *bench) log(t testing.TB, ref citizen.Ref, seen history.Seen) error {
	t.Helper()
	if seen.Change == nil {
		return nil
	}
	_, err := b.Recording(seen.Change).Append(t.Context(), guard(ref, 1), shown(ref))
	return err
}

// guard is about the session of a citizen, and holds for long.
func guard(ref citizen.Ref, newest int) audit.Guard {
	return audit.NewGuard(audit.GuardParts{Citizen: ref, Client: app, ConsentSeq: int64(newest), Session: session.IDOf("secret"), Until: day(1000)})
}

// shown is the entry. It is dated apart from what is observed.
func shown(ref citizen.Ref) audit.Entry {
	return audit.Entry{Kind: audit.DataReleased, At: day(-1), Citizen: ref, Client: app, Actor: audit.ActorCitizen, Outcome: audit.Succeeded}
}

func (b *bench) failed() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return errors.Join(b.failures...)
}
