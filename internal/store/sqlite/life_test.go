//go:build linux

package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/consent"
	"github.com/patient-care-aggregator/aggregator/internal/session"
)

// life is what a service does with a store, which says of each act, when it is
// acknowledged, what has to be true from then on: what, who and a number.
type life struct {
	db   *DB
	path string
	year int // what happens in year 0 may be removed in year 1
}

// liveALife opens a store twice and uses it in every way, by several callers at a time.
func liveALife(path string) error {
	for year := range 2 {
		db, err := Open(context.Background(), path, Options{Now: func() time.Time { return at(0) }})
		if err != nil {
			return err
		}
		err = life{db, path, year}.live(context.Background())
		if err := errors.Join(err, db.Close()); err != nil {
			return err
		}
	}
	return nil
}

func say(what, who string, n int64) { _, _ = fmt.Fprintln(os.Stdout, what, who, n) }

// live is a year of eight citizens, of retention, and of a command beside the server.
func (l life) live(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for c := range 8 {
		group.Go(func() error { return l.ofCitizen(ctx, citizen.Ref(fmt.Sprintf("CITIZEN-%d-%d", l.year, c)), c) })
	}
	group.Go(func() error { return l.beside(ctx, fmt.Sprintf("beside-%d", l.year)) })
	if l.year == 1 {
		group.Go(func() error { return l.retention(ctx) })
	}
	return group.Wait()
}

// ofCitizen signs somebody in, agrees and withdraws, shows data under a guard, and in the
// end signs them out or erases them.
func (l life) ofCitizen(ctx context.Context, ref citizen.Ref, place int) error {
	s := subjectOf(ref, "sealed "+string(ref))
	copy(s.Lookup.MAC[:], ref)
	if _, err := l.db.Subjects().AddSubject(ctx, s); err != nil {
		return err
	}
	hash := session.IDOf(string(ref))
	r := session.Record{Hash: hash, Citizen: ref, Sealed: []byte(ref), CreatedAt: at(0), SeenAt: at(0), ExpiresAt: at(9)}
	if err := l.db.Sessions().AddSession(ctx, r, l.entry(ref, audit.SignedIn, "sign-in")); err != nil {
		return err
	}
	for n := range int64(20) {
		event := consent.Event{Seq: n + 1, ID: fmt.Sprintf("%s-%d", ref, n/2), Kind: consent.Granted, Citizen: ref, Client: "app-one", At: l.time()}
		logged := audit.ConsentGranted
		if n%2 == 1 {
			event.Kind, logged = consent.Withdrawn, audit.ConsentWithdrawn
		}
		if err := l.db.Consents().Record(ctx, n, event, l.entry(ref, logged, event.Digest())); err != nil {
			return err
		}
		say("consent", string(ref), n+1)
		if n%2 == 0 {
			if err := l.shown(ctx, ref, n+1); err != nil {
				return err
			}
		}
		if err := l.once(ctx, fmt.Sprintf("%s-%d", ref, n)); err != nil {
			return err
		}
	}
	switch place {
	case 0, 1:
		e := audit.Entry{Kind: audit.Erased, At: l.time(), Citizen: ref, Actor: audit.ActorOperator, Outcome: audit.Succeeded}
		if err := l.db.Subjects().EraseSubject(ctx, ref, e); err != nil {
			return err
		}
		say("erased", string(ref), 0)
	default:
		if err := l.db.Sessions().RemoveSession(ctx, hash, l.entry(ref, audit.SignedOut, "sign-out")); err != nil {
			return err
		}
		say("signed-out", string(ref), 0)
	}
	return nil
}

func (l life) time() time.Time { return at(2 * l.year) }

// entry is about somebody; some are long.
func (l life) entry(ref citizen.Ref, kind audit.Kind, digest string) audit.Entry {
	e := sample(0)
	e.At, e.Kind, e.Citizen, e.Digest, e.Outcome = l.time(), kind, ref, digest, audit.Succeeded
	e.Reason = strings.Repeat("x", len(digest)*len(ref)*3%3000)
	return e
}

// shown shows data twice, of which the second is refused where a withdrawal came first.
func (l life) shown(ctx context.Context, ref citizen.Ref, consentSeq int64) error {
	g := audit.NewGuard(audit.GuardParts{Citizen: ref, Client: "app-one", ConsentSeq: consentSeq, Session: session.IDOf(string(ref)), Until: at(9)})
	for n := range 2 {
		name := fmt.Sprintf("%s-%d-%d", ref, consentSeq, n)
		w, err := l.db.Log().Append(ctx, g, l.entry(ref, audit.DataReleased, name), l.entry("", audit.UpstreamAsked, name))
		if err != nil {
			return err
		}
		say("entry", name, w.First)
		say("entry", name, w.First+1)
	}
	return nil
}

// once puts a value and takes it.
func (l life) once(ctx context.Context, name string) error {
	if err := l.db.OneTimeValues().Put(ctx, "state", session.IDOf(name), []byte(name), at(9)); err != nil {
		return err
	}
	if _, err := l.db.OneTimeValues().Take(ctx, "state", session.IDOf(name), at(0)); err != nil {
		return err
	}
	say("taken", name, 0)
	return nil
}

// beside appends as a command does.
func (l life) beside(ctx context.Context, name string) error {
	db, err := OpenBeside(ctx, l.path, Options{})
	if err != nil {
		return err
	}
	for n := range 10 {
		w, err := db.Log().Append(ctx, audit.Guard{}, l.entry("", audit.AuditorRead, name))
		if err != nil {
			return errors.Join(err, db.Close(), fmt.Errorf("entry %d beside", n))
		}
		say("entry", name, w.First)
	}
	return db.Close()
}

// retention removes what opens the first entries, in several steps.
func (l life) retention(ctx context.Context) error {
	const step, steps = 10, 8
	for n := range int64(steps) {
		if _, err := l.db.Log().ForgetCorrelations(ctx, at(1), step); err != nil {
			return err
		}
		say("forgotten", "correlations", step*(n+1))
	}
	allowed := audit.Entry{Kind: audit.Pruned, At: l.time(), Actor: audit.ActorService, Outcome: audit.Succeeded, Before: step * steps}
	if err := l.db.Log().AllowPruning(ctx, allowed); err != nil {
		return err
	}
	for n := range int64(steps) {
		if _, err := l.db.Log().Prune(ctx, at(1), step); err != nil {
			return err
		}
		say("pruned", "openings", step*(n+1))
	}
	return nil
}

// eraseSomebody erases a citizen, and the process ends there.
func eraseSomebody(path string) error {
	db, err := Open(context.Background(), path, Options{Now: func() time.Time { return at(0) }})
	if err != nil {
		return err
	}
	return life{db: db}.ofCitizen(context.Background(), "CITIZEN", 0)
}
