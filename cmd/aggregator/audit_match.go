package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/audit/export"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/release"
	"github.com/patient-care-aggregator/aggregator/internal/store"
	"github.com/patient-care-aggregator/aggregator/internal/subject"
)

// Outcomes of [auditMatchCommand] besides a match.
var (
	errNoMatch     = errors.New("this is not what the entry released")
	errCannotTell  = errors.New("it cannot be told: the citizen is not known here, or was erased, and their secret went with them")
	errOtherPerson = errors.New("the entry is about somebody else, or what opened it was removed")
)

type auditMatchCommand struct {
	person
	deed

	Entry  int64  `help:"Number of the entry, from 0." required:""`
	Answer string `arg:"" help:"File with the answer as it was received."`
}

// Run compares an answer with what an entry released, once that this is asked is in the
// citizen's list.
func (a auditMatchCommand) Run(env *environment) error {
	number, err := a.number()
	if err != nil {
		return err
	}
	ring, err := a.ring(env)
	if err != nil {
		return err
	}
	answer, err := os.ReadFile(a.Answer)
	if err != nil {
		return fmt.Errorf("%w: read the answer: %w", errUsage, err)
	}
	return a.do(env, func(db *store.Store, why subject.Ground) error {
		citizens := citizen.NewRegistry(db.Subjects(), ring, time.Now, rand.Reader)
		ref, err := citizens.LookUp(env.ctx, number)
		unknown := errors.Is(err, citizen.ErrNoSubject)
		if err != nil && !unknown {
			return err
		}
		if _, err := db.Log().Append(env.ctx, audit.Guard{}, why.On(audit.Entry{
			Kind: audit.AuditorRead, At: time.Now(), Actor: audit.ActorOperator, Outcome: audit.Succeeded,
			Citizen: ref, Purpose: fmt.Sprintf("match entry %d", a.Entry),
		})); err != nil {
			return fmt.Errorf("log the question: %w", err)
		}
		if unknown {
			return errCannotTell
		}
		who, err := citizens.Find(env.ctx, ref)
		if err != nil {
			return err
		}
		list, err := db.Log().ListOf(env.ctx, ref)
		if err != nil {
			return err
		}
		found, err := db.Log().Records(env.ctx, a.Entry-1, 1)
		if err != nil {
			return err
		}
		if len(found) == 0 || found[0].Seq != a.Entry {
			return export.ErrNoEntry
		}
		e, err := found[0].Entry()
		switch {
		case err != nil:
			return err
		case e.List != list:
			return errOtherPerson
		case !release.Matches(who, e, answer):
			return errNoMatch
		}
		_, err = fmt.Fprintf(env.stdout, "This is what entry %d (%s) released at %s.\n", a.Entry, e.Kind, e.At.UTC().Format(time.RFC3339))
		return err
	})
}
