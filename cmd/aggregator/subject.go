package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/config"
	"github.com/patient-care-aggregator/aggregator/internal/history"
	"github.com/patient-care-aggregator/aggregator/internal/keys"
	"github.com/patient-care-aggregator/aggregator/internal/store"
	"github.com/patient-care-aggregator/aggregator/internal/subject"
)

type subjectCommand struct {
	Export  subjectExportCommand  `cmd:"" help:"Write all that is held about a citizen (UK GDPR, Article 15), one JSON object on each line."`
	Erase   subjectEraseCommand   `cmd:"" help:"Forget who a citizen is (UK GDPR, Article 17). The log keeps their list, which no longer leads to a person."`
	SignOut subjectSignOutCommand `cmd:"" help:"End all sessions of a citizen, every citizen's, or those of staff: a phone was lost, or a key was seen."`
	Hold    subjectHoldCommand    `cmd:"" help:"Keep a citizen's record from being erased, for a court or an inquiry."`
	Holds   subjectHoldsCommand   `cmd:"" help:"List the holds."`
	Lift    subjectLiftCommand    `cmd:"" help:"End a hold."`
}

// person is the person that a command is about. The number is in a file and is neither an
// argument, which others on the machine can read, nor printed or logged.
type person struct {
	NumberFile string `name:"nhs-number-file" aliases:"subject-nhs-number-file" help:"File with the citizen's NHS number." placeholder:"FILE"`
	KeyRing    string `name:"secret-key-file" help:"The service's key ring ($PCA_SECRET_KEY_FILE or $PCA_SECRET_KEY)." placeholder:"FILE"`
}

// ring opens the service's key ring: the one of the flag, or else that of the settings.
func (p person) ring(env *environment) (*keys.Ring, error) {
	var text string
	var err error
	if p.KeyRing != "" {
		var content []byte
		content, err = os.ReadFile(p.KeyRing)
		text = string(content)
	} else {
		text, _, err = config.Lookup(env.environ, "PCA_SECRET_KEY")
	}
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: read the key ring: %w", errUsage, err)
	case text == "":
		return nil, fmt.Errorf("%w: the key ring is missing: set PCA_SECRET_KEY_FILE or PCA_SECRET_KEY, or add --secret-key-file", errUsage)
	}
	ring, err := keys.Parse([]byte(text))
	if err != nil {
		return nil, fmt.Errorf("read the key ring: %w", err)
	}
	return ring, nil
}

// number reads the citizen's NHS number from its file.
func (p person) number() (citizen.NHSNumber, error) {
	if p.NumberFile == "" {
		return citizen.NHSNumber{}, fmt.Errorf("%w: --nhs-number-file is missing: add the file with the citizen's NHS number", errUsage)
	}
	text, err := os.ReadFile(p.NumberFile)
	if err != nil {
		return citizen.NHSNumber{}, fmt.Errorf("%w: read the NHS number: %w", errUsage, err)
	}
	number, err := citizen.ParseNHSNumber(strings.ReplaceAll(strings.TrimSpace(string(text)), " ", ""))
	if err != nil {
		return citizen.NHSNumber{}, fmt.Errorf("%w: the file: %w", errUsage, err)
	}
	return number, nil
}

// find returns the citizen's pseudonym, or subject.ErrUnknown.
func (p person) find(env *environment, db *store.Store) (citizen.Ref, error) {
	number, err := p.number()
	if err != nil {
		return "", err
	}
	ring, err := p.ring(env)
	if err != nil {
		return "", err
	}
	ref, err := citizen.NewRegistry(db.Subjects(), ring, time.Now, rand.Reader).LookUp(env.ctx, number)
	if errors.Is(err, citizen.ErrNoSubject) {
		return "", subject.ErrUnknown
	}
	return ref, err
}

// rights returns what carries out a person's rights, and the person's number.
func (p person) rights(env *environment, db *store.Store) (*subject.Rights, citizen.NHSNumber, error) {
	number, err := p.number()
	if err != nil {
		return nil, citizen.NHSNumber{}, err
	}
	ring, err := p.ring(env)
	if err != nil {
		return nil, citizen.NHSNumber{}, err
	}
	r, err := rightsOf(db, ring)
	return r, number, err
}

// rightsOf is what operators do about people. Without the key ring nobody can be looked
// up or copied.
func rightsOf(db *store.Store, ring *keys.Ring) (*subject.Rights, error) {
	return subject.New(subject.Deps{
		Citizens: citizen.NewRegistry(db.Subjects(), ring, time.Now, rand.Reader), Log: db.Log(), Eraser: db.Subjects(), Sessions: db.Sessions(),
		Holds: subject.Holds{Store: db.Log(), Now: time.Now, NewID: uuid.NewString},
		Copiers: []subject.Copier{func(ctx context.Context, ref citizen.Ref, w io.Writer) error {
			return db.Export(ctx, ref, time.Now(), w)
		}, func(ctx context.Context, ref citizen.Ref, w io.Writer) error {
			return history.Export(ctx, db.Histories(), ring, ref, w)
		}},
		Now: time.Now, By: audit.ActorOperator,
	})
}

type subjectExportCommand struct {
	person
	deed
}

// Run writes what is held about one citizen.
func (s subjectExportCommand) Run(env *environment) error {
	return s.do(env, func(db *store.Store, why subject.Ground) error {
		rights, number, err := s.rights(env, db)
		if err != nil {
			return err
		}
		return rights.Copy(env.ctx, number, why, env.stdout)
	})
}

type subjectEraseCommand struct {
	person
	graveDeed

	WithLog bool `help:"Remove what opens the entries of their list too: what stays says that something happened, and neither what nor to whom."`
}

// Run forgets who a citizen is.
func (s subjectEraseCommand) Run(env *environment) error {
	return s.do(env, func(db *store.Store, why subject.Ground) error {
		rights, number, err := s.rights(env, db)
		if err != nil {
			return err
		}
		extent := subject.Person
		if s.WithLog {
			extent = subject.PersonAndList
		}
		list, err := rights.Erase(env.ctx, number, extent, why)
		if errors.Is(err, audit.ErrHeld) {
			return fmt.Errorf("%w; 'aggregator subject holds' lists why", err)
		}
		if err != nil {
			return err
		}
		kept := "The log had no entry about them."
		switch {
		case list == (audit.ListID{}):
		case s.WithLog:
			kept = "What opened the entries of their list and their consents are removed: the log says that there were so many entries, and no more."
		default:
			kept = fmt.Sprintf("The log keeps their list, %s, which no longer leads to a person.", list)
		}
		_, err = fmt.Fprintf(env.stdout, "Erased. %s\n"+
			"Backups made before now still hold the row: let them expire. After a restore, 'aggregator audit accept-fork' erases again.\n", kept)
		return err
	})
}
