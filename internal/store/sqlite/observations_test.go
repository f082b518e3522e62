package sqlite

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/client"
	"github.com/patient-care-aggregator/aggregator/internal/consent"
	"github.com/patient-care-aggregator/aggregator/internal/history"
	"github.com/patient-care-aggregator/aggregator/internal/keys"
	"github.com/patient-care-aggregator/aggregator/internal/referral"
	"github.com/patient-care-aggregator/aggregator/internal/session"
)

// TestWhateverHappensTheHistoryIsWhatTheLogSaysWasShown has two devices of one citizen
// look and be shown what they saw, at random, with failures injected into the batches.
// The readings that the log says were shown, compared one after the other, have to
// give what each entry's answer told and what is stored: an observation that is lost,
// doubled or without its entry would show.
func TestWhateverHappensTheHistoryIsWhatTheLogSaysWasShown(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		l := &lifeOfAHistory{t: t, path: newPath(t), looks: map[string]look{}}
		l.open()
		defer func() { l.close() }()
		l.arrive(rt)
		acts := map[string]func(*rapid.T){
			"a device looks":                func(rt *rapid.T) { l.look(rt, l.device(rt)) },
			"a device is shown what it saw": l.show,
			"both are shown in one batch":   l.showBoth,
			"a batch with a failure":        l.showWithFailure,
			"a withdrawal":                  func(rt *rapid.T) { l.consent(rt, consent.Withdrawn) },
			"a new consent":                 func(rt *rapid.T) { l.consent(rt, consent.Granted) },
			"the history is forgotten":      l.forget,
			"a restart":                     func(*rapid.T) { l.close(); l.open() },
			"a crash":                       l.crash,
		}
		names := slices.Sorted(maps.Keys(acts))
		for range rapid.IntRange(1, 15).Draw(rt, "acts") {
			acts[rapid.SampledFrom(names).Draw(rt, "act")](rt)
		}
		l.verify(rt)
	})
}

const looker citizen.Ref = "ANN"

// look is what a device saw and is not shown yet, or was.
type look struct {
	name    string // the digest of its entry
	reading history.Reading
	seen    history.Seen
	newest  int64 // consent event that the decision relied on
}

type lifeOfAHistory struct {
	t        *testing.T
	path     string
	db       *DB
	keeper   *history.Keeper
	ring     *keys.Ring
	minute   int
	devices  [2]*look
	looks    map[string]look
	removals []int64 // sizes of the log when the history was removed
}

func (l *lifeOfAHistory) open() {
	db, err := Open(context.Background(), l.path, Options{WatchEvery: time.Hour, Now: func() time.Time { return at(0) }})
	if err != nil {
		l.t.Fatal(err)
	}
	if l.ring == nil {
		if l.ring, err = keys.Parse([]byte(keys.Generate("k1"))); err != nil {
			l.t.Fatal(err)
		}
	}
	l.db = db
	l.keeper, err = history.New(history.Deps{Store: db.Histories(), Ring: l.ring, Consents: l, Now: l.now})
	if err != nil {
		l.t.Fatal(err)
	}
	db.OnForeignWrite(func(citizen.Ref) { l.keeper.ForgetAll() })
}

func (l *lifeOfAHistory) close() {
	if err := l.db.Close(); err != nil {
		l.t.Fatal(err)
	}
}

func (l *lifeOfAHistory) now() time.Time { return at(0).Add(time.Duration(l.minute) * time.Minute) }

// arrive signs the citizen in.
func (l *lifeOfAHistory) arrive(rt *rapid.T) {
	_, err := l.db.Subjects().AddSubject(context.Background(), subjectOf(looker, "sealed"))
	r := session.Record{Hash: session.IDOf("secret"), Citizen: looker, Sealed: []byte{1}, CreatedAt: at(0), SeenAt: at(0), ExpiresAt: at(9)}
	if err := errors.Join(err, l.db.Sessions().AddSession(context.Background(), r, sample(0))); err != nil {
		rt.Fatal(err)
	}
	l.consent(rt, consent.Granted)
}

// Decide implements history.Consents from the stored events.
func (l *lifeOfAHistory) Decide(ctx context.Context, ref citizen.Ref, _ client.ID, _ []consent.Scope) (consent.Decision, error) {
	events, err := l.db.Consents().Events(ctx, ref)
	d := consent.Decision{NewestEvent: int64(len(events))}
	d.Allowed = len(events) > 0 && events[len(events)-1].Kind == consent.Granted
	return d, err
}

// List implements history.Consents; nothing here asks.
func (l *lifeOfAHistory) List(context.Context, citizen.Ref) ([]consent.Consent, error) {
	return nil, nil
}

// decided is the decision as it is now.
func (l *lifeOfAHistory) decided(rt *rapid.T) consent.Decision {
	d, err := l.Decide(context.Background(), looker, "app-one", nil)
	if err != nil {
		rt.Fatal(err)
	}
	return d
}

func (l *lifeOfAHistory) record(seq int64, kind consent.Kind) error {
	e := sample(0)
	e.Kind, e.Citizen = audit.ConsentGranted, looker
	if kind == consent.Withdrawn {
		e.Kind = audit.ConsentWithdrawn
	}
	event := consent.Event{Seq: seq, ID: fmt.Sprint("consent-", seq), Kind: kind, Citizen: looker, Client: "app-one", At: at(0)}
	return l.db.Consents().Record(context.Background(), seq-1, event, e)
}

func (l *lifeOfAHistory) consent(rt *rapid.T, kind consent.Kind) {
	if err := l.record(l.decided(rt).NewestEvent+1, kind); err != nil {
		rt.Fatal(err)
	}
}

// look has a device read, and decide before it as a release does.
func (l *lifeOfAHistory) look(rt *rapid.T, device int) {
	l.minute++
	d := l.decided(rt)
	seen := look{name: fmt.Sprint("look-", l.minute), newest: d.NewestEvent, reading: history.Reading{At: l.now(), Complete: true}}
	for _, id := range []string{"heart", "eyes"} {
		if state := rapid.SampledFrom([]string{"", referral.StateNotBooked, referral.StateBooked}).Draw(rt, "state"); state != "" {
			seen.reading.Facts = append(seen.reading.Facts, referral.Facts{Source: "ers-01", ID: id, Version: "1", State: state})
		}
	}
	seen.seen = l.keeper.Observe(context.Background(), looker, "app-one", seen.reading)
	if !d.Allowed && (seen.seen.Observed != nil || seen.seen.Change != nil) {
		rt.Fatalf("without consent it observed %v", seen.seen)
	}
	l.looks[seen.name] = seen
	l.devices[device] = &seen
}

func (l *lifeOfAHistory) device(rt *rapid.T) int { return rapid.IntRange(0, 1).Draw(rt, "device") }

// shown writes that a device is shown what it saw; a device that saw nothing new does
// not count.
func (l *lifeOfAHistory) shown(device int) func() error {
	seen := l.devices[device]
	l.devices[device] = nil
	if seen == nil || seen.seen.Change == nil {
		return nil
	}
	e := sample(0)
	e.Kind, e.Citizen, e.Outcome, e.Digest = audit.DataReleased, looker, audit.Succeeded, seen.name
	g := audit.NewGuard(audit.GuardParts{Citizen: looker, Client: "app-one", ConsentSeq: seen.newest, Session: session.IDOf("secret"), Until: at(9)})
	return func() error {
		_, err := l.keeper.Recording(seen.seen.Change).Append(context.Background(), g, e)
		return err
	}
}

func (l *lifeOfAHistory) show(rt *rapid.T) {
	if show := l.shown(l.device(rt)); show != nil {
		if err := show(); err != nil && !audit.IsGuardError(err) {
			rt.Fatal(err)
		}
	}
}

// bothHaveLooked has the devices look that did not.
func (l *lifeOfAHistory) bothHaveLooked(rt *rapid.T) {
	for device, seen := range l.devices {
		if seen == nil {
			l.look(rt, device)
		}
	}
}

// inOneBatch carries out acts in one transaction, in their order.
func (l *lifeOfAHistory) inOneBatch(acts ...func() error) []error {
	release := held(l.t, l.db)
	var outcomes []<-chan error
	for _, act := range acts {
		if act != nil {
			outcomes = append(outcomes, enqueued(l.t, l.db, act))
		}
	}
	release()
	errs := make([]error, len(outcomes))
	for i, outcome := range outcomes {
		errs[i] = <-outcome
	}
	return errs
}

func (l *lifeOfAHistory) showBoth(rt *rapid.T) {
	l.bothHaveLooked(rt)
	acts := []func() error{l.shown(0), l.shown(1)}
	if rapid.Bool().Draw(rt, "withdrawn meanwhile") {
		next := l.decided(rt).NewestEvent + 1
		acts = slices.Insert(acts, 1, func() error { return l.record(next, consent.Withdrawn) })
	}
	for _, err := range l.inOneBatch(acts...) {
		if err != nil && !audit.IsGuardError(err) {
			rt.Fatal(err)
		}
	}
}

// showWithFailure shares the batch with an act that fails, or its commit fails: then
// it is not known whether it was written.
func (l *lifeOfAHistory) showWithFailure(rt *rapid.T) {
	l.bothHaveLooked(rt)
	refused := errors.New("refused")
	fail := func() error {
		_, err := l.db.perform(context.Background(), func(context.Context, *tx) error { return refused }, sample(0))
		return err
	}
	commits, want := rapid.Bool().Draw(rt, "commits"), refused
	if !commits {
		written := rapid.Bool().Draw(rt, "written")
		fail, want = func() error { return commitFails(l.db, written) }, audit.ErrOutcomeUnknown
	}
	for _, err := range l.inOneBatch(l.shown(0), fail, l.shown(1)) {
		if err != nil && !errors.Is(err, want) && !audit.IsGuardError(err) {
			rt.Fatal(err)
		}
	}
	if !commits {
		commitsAgain(l.t, l.db)
	}
}

func (l *lifeOfAHistory) forget(rt *rapid.T) {
	size, err := l.db.Log().Size(context.Background())
	if err := errors.Join(err, l.keeper.Forget(context.Background(), looker)); err != nil {
		rt.Fatal(err)
	}
	l.removals = append(l.removals, size)
}

// crash goes on with the files as they are while the database is open.
func (l *lifeOfAHistory) crash(*rapid.T) {
	to := crashed(l.t, l.path)
	l.close()
	l.path = to
	l.open()
}

// verify compares the readings that the log says were shown, from the beginning.
func (l *lifeOfAHistory) verify(rt *rapid.T) {
	records, err := l.db.Log().Records(context.Background(), -1, 10_000)
	if err != nil {
		rt.Fatal(err)
	}
	var h history.History
	revision, consented := int64(0), false
	removals := l.removals
	for _, r := range records {
		for ; len(removals) > 0 && removals[0] <= r.Seq; removals = removals[1:] {
			h, revision = history.History{}, revision+1
		}
		e, err := r.Entry()
		if err != nil {
			rt.Fatal(err)
		}
		switch e.Kind {
		case audit.ConsentGranted, audit.ConsentWithdrawn:
			consented = e.Kind == audit.ConsentGranted
		case audit.DataReleased:
			shown := l.looks[e.Digest]
			h, revision = history.Compare(h, shown.reading, history.Limits{}, shown.reading.At).Next, revision+1
			if diff := cmp.Diff(h.Observed(), shown.seen.Observed); diff != "" || !consented {
				rt.Fatalf("%s told what was not so, or without consent (%v): %s", e.Digest, consented, diff)
			}
		}
	}
	for range removals {
		h, revision = history.History{}, revision+1
	}
	stored, err := l.db.Histories().Observations(context.Background(), looker)
	if err != nil || stored.Revision != revision {
		rt.Fatalf("revision %d instead of %d, %v", stored.Revision, revision, err)
	}
	if l.decided(rt).Allowed {
		l.keeper.ForgetAll()
		l.minute++
		now := l.keeper.Observe(context.Background(), looker, "app-one", history.Reading{At: l.now()})
		if diff := cmp.Diff(h.Observed(), now.Observed); diff != "" {
			rt.Fatalf("another history is stored: %s", diff)
		}
	}
}
