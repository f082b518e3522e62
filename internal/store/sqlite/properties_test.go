package sqlite

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
)

// TestWhateverHappensTheLogIsWhole does at random what happens to a database in its life,
// failures among it, and verifies the log: tree, openings and the numbers of every list.
func TestWhateverHappensTheLogIsWhole(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		l := &lifeOfALog{t: t, path: newPath(t)}
		l.open()
		defer func() { l.close() }()
		acts := map[string]func(*rapid.T){
			"an entry about somebody": l.append,
			"entries about several":   l.appendMany,
			"an act that fails":       l.failingAct,
			"a commit that fails":     l.failingCommit,
			"a command beside":        l.beside,
			"an erasure":              l.erase,
			"retention":               l.retention,
			"heads saved by a step":   l.saveHeads,
			"a restart":               func(*rapid.T) { l.close(); l.open() },
			"a crash":                 l.crash,
		}
		names := slices.Sorted(maps.Keys(acts))
		for range rapid.IntRange(1, 12).Draw(rt, "acts") {
			acts[rapid.SampledFrom(names).Draw(rt, "act")](rt)
		}
		l.verify(rt)
	})
}

type lifeOfALog struct {
	t      *testing.T
	path   string
	db     *DB
	size   int64 // entries that were acknowledged
	minute int
	people int
}

func (l *lifeOfALog) open() {
	db, err := Open(context.Background(), l.path, Options{WatchEvery: time.Hour})
	if err != nil {
		l.t.Fatal(err)
	}
	l.db = db
	for l.people < 3 {
		l.arrive()
	}
}

func (l *lifeOfALog) close() {
	if err := l.db.Close(); err != nil {
		l.t.Fatal(err)
	}
}

// arrive makes somebody known.
func (l *lifeOfALog) arrive() {
	s := subjectOf(citizen.Ref(fmt.Sprint("CITIZEN", l.people)), "sealed")
	s.Lookup.MAC[1], s.Lookup.MAC[2] = byte(l.people), byte(l.people>>8)
	l.people++
	if _, err := l.db.Subjects().AddSubject(context.Background(), s); err != nil {
		l.t.Fatal(err)
	}
}

// entry is about one of the last who arrived, about somebody unknown, or about nobody.
func (l *lifeOfALog) entry(rt *rapid.T) audit.Entry {
	e := sample(l.minute)
	e.At = at(0).Add(time.Duration(l.minute) * time.Minute)
	l.minute++
	switch n := rapid.IntRange(-1, 3).Draw(rt, "who"); n {
	case -1:
		e.Citizen = ""
	default:
		e.Citizen = citizen.Ref(fmt.Sprint("CITIZEN", l.people-n))
	}
	return e
}

func (l *lifeOfALog) append(rt *rapid.T) {
	w, err := l.db.Log().Append(context.Background(), audit.Guard{}, l.entry(rt))
	if err != nil || w.First != l.size {
		rt.Fatalf("%+v instead of %d, %v", w, l.size, err)
	}
	l.size++
}

func (l *lifeOfALog) appendMany(rt *rapid.T) {
	entries := []audit.Entry{l.entry(rt), l.entry(rt), l.entry(rt)}
	if _, err := l.db.Log().Append(context.Background(), audit.Guard{}, entries...); err != nil {
		rt.Fatal(err)
	}
	l.size += 3
}

// failingAct shares its transaction with two that succeed.
func (l *lifeOfALog) failingAct(rt *rapid.T) {
	refused := errors.New("refused")
	release := held(l.t, l.db)
	first := queued(l.t, l.db, nil, l.entry(rt))
	second := queued(l.t, l.db, func(context.Context, *tx) error { return refused }, l.entry(rt))
	third := queued(l.t, l.db, nil, l.entry(rt))
	release()
	if a, b, c := <-first, <-second, <-third; a.Err != nil || !errors.Is(b.Err, refused) || c.Err != nil || c.First != a.First+1 {
		rt.Fatalf("%+v, %+v, %+v", a, b, c)
	}
	l.size += 2
}

// failingCommit leaves it open whether the entries were written.
func (l *lifeOfALog) failingCommit(rt *rapid.T) {
	written := rapid.Bool().Draw(rt, "written")
	if err := commitFails(l.db, written, l.entry(rt)); !errors.Is(err, audit.ErrOutcomeUnknown) {
		rt.Fatal(err)
	}
	commitsAgain(l.t, l.db)
	if written {
		l.size++
	}
}

func (l *lifeOfALog) beside(rt *rapid.T) {
	db, err := OpenBeside(context.Background(), l.path, Options{})
	if err != nil {
		rt.Fatal(err)
	}
	_, err = db.Log().Append(context.Background(), audit.Guard{}, l.entry(rt))
	if err := errors.Join(err, db.Close()); err != nil {
		rt.Fatal(err)
	}
	l.size++
}

func (l *lifeOfALog) erase(rt *rapid.T) {
	ref := citizen.Ref(fmt.Sprint("CITIZEN", l.people-rapid.IntRange(1, 3).Draw(rt, "who")))
	e := audit.Entry{Kind: audit.Erased, At: at(0), Citizen: ref, Actor: audit.ActorOperator, Outcome: audit.Succeeded}
	do := l.db.Subjects().EraseSubject
	if rapid.Bool().Draw(rt, "with openings") {
		do = l.db.Subjects().EraseSubjectAndOpenings
	}
	if err := do(context.Background(), ref, e); err != nil {
		rt.Fatal(err)
	}
	l.size++
	l.arrive()
}

func (l *lifeOfALog) retention(rt *rapid.T) {
	before := at(0).Add(time.Duration(rapid.IntRange(0, l.minute).Draw(rt, "minutes")) * time.Minute)
	if _, err := l.db.Log().ForgetCorrelations(context.Background(), before, 5); err != nil {
		rt.Fatal(err)
	}
	place, allowed, err := l.db.Log().Prunable(context.Background(), before)
	if err != nil {
		rt.Fatal(err)
	}
	if place > allowed {
		e := audit.Entry{Kind: audit.Pruned, At: at(0), Actor: audit.ActorService, Outcome: audit.Succeeded, Before: place}
		if err := l.db.Log().AllowPruning(context.Background(), e); err != nil {
			rt.Fatal(err)
		}
		l.size++
	}
	if _, err := l.db.Log().Prune(context.Background(), before, 7); err != nil {
		rt.Fatal(err)
	}
}

func (l *lifeOfALog) saveHeads(rt *rapid.T) {
	_, err := l.db.perform(context.Background(), func(ctx context.Context, x *tx) error {
		return l.db.writer.tree.heads.save(ctx, x, l.db.writer.tree.edge.Size(), false)
	})
	if err != nil {
		rt.Fatal(err)
	}
}

// crash goes on with the files as they are while the database is open.
func (l *lifeOfALog) crash(*rapid.T) {
	to := crashed(l.t, l.path)
	l.close()
	l.path = to
	l.open()
}

func (l *lifeOfALog) verify(rt *rapid.T) {
	r, err := audit.Verify(context.Background(), l.db.Log())
	if err != nil || r.Entries != l.size {
		rt.Fatalf("%d entries instead of %d, %v", r.Entries, l.size, err)
	}
}
