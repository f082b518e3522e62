package main

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"strconv"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/store"
	"github.com/patient-care-aggregator/aggregator/internal/subject"
)

// ground is why something is done, for people who read the log later, and who does it.
// Nobody proves the name: acts at the command line are for emergencies.
type ground struct {
	Reason   string `help:"Why, as a code: ${grounds}." required:"" placeholder:"CODE"`
	Case     string `help:"The number under which your organisation keeps the matter." placeholder:"NUMBER"`
	Note     string `help:"The rest in a few words, without a person's name or number; it is kept for years." placeholder:"TEXT"`
	Operator string `help:"Your name. It stands in the log, with the user of this machine." required:"" placeholder:"NAME"`
}

func (g ground) parse() (subject.Ground, error) {
	name, err := subject.Name(g.Operator)
	if err != nil {
		return subject.Ground{}, fmt.Errorf("%w: --operator: %w", errUsage, err)
	}
	return g.by(name)
}

// by is the ground of those people.
func (g ground) by(names string) (subject.Ground, error) {
	why, err := subject.ParseGround(g.Reason, g.Case, g.Note)
	if err != nil {
		return why, fmt.Errorf("%w: --reason, --case and --note: %w", errUsage, err)
	}
	return why.By(fmt.Sprintf("%s (user %s)", names, osUser())), nil
}

// signature is who runs a command that does not ask for a reason.
type signature struct {
	Operator string `help:"Your name. It stands in the log, with the user of this machine." placeholder:"NAME"`
}

// sign puts on an entry who runs the command.
func (s signature) sign(e audit.Entry) (audit.Entry, error) {
	e.Note = "by user " + osUser()
	if s.Operator == "" {
		return e, nil
	}
	name, err := subject.Name(s.Operator)
	if err != nil {
		return e, fmt.Errorf("%w: --operator: %w", errUsage, err)
	}
	e.Note = fmt.Sprintf("by %s (user %s)", name, osUser())
	return e, nil
}

// osUser is the user of the machine who runs the command.
func osUser() string {
	if found, err := user.Current(); err == nil {
		return found.Username
	}
	return strconv.Itoa(os.Getuid())
}

// approved is the ground of an act that needs two people.
type approved struct {
	ground

	ApprovedBy string `help:"Who else has looked at it and agrees: another person." required:"" placeholder:"NAME"`
}

func (a approved) parse() (subject.Ground, error) {
	names, err := subject.Two(a.Operator, a.ApprovedBy)
	if err != nil {
		return subject.Ground{}, fmt.Errorf("%w: --operator and --approved-by: %w", errUsage, err)
	}
	return a.by(names)
}

// carryOut opens the database and does something there, once it is known why and by whom.
func carryOut(env *environment, at database, parse func() (subject.Ground, error), do func(*store.Store, subject.Ground) error) (err error) {
	why, err := parse()
	if err != nil {
		return err
	}
	db, err := at.open(env)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return do(db, why)
}

// deed is a command that changes or shows a person's data.
type deed struct {
	database
	ground
}

func (d deed) do(env *environment, act func(*store.Store, subject.Ground) error) error {
	return carryOut(env, d.database, d.parse, act)
}

// graveDeed is a deed that cannot be undone, or hides something: it needs two people.
type graveDeed struct {
	database
	approved
}

func (d graveDeed) do(env *environment, act func(*store.Store, subject.Ground) error) error {
	return carryOut(env, d.database, d.parse, act)
}
