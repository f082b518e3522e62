package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/config"
	"github.com/patient-care-aggregator/aggregator/internal/history"
	"github.com/patient-care-aggregator/aggregator/internal/keys"
	"github.com/patient-care-aggregator/aggregator/internal/store/sqlite"
)

type subjectCommand struct {
	Export subjectExportCommand `cmd:"" help:"Write all that is held about a citizen (UK GDPR, Article 15), one JSON object a line."`
	Erase  subjectEraseCommand  `cmd:"" help:"Forget who a citizen is (UK GDPR, Article 17). What is logged points to nobody afterwards."`
	Hold   subjectHoldCommand   `cmd:"" help:"Keep a citizen's record from being erased, for a court or an inquiry."`
	Holds  subjectHoldsCommand  `cmd:"" help:"List the holds."`
	Lift   subjectLiftCommand   `cmd:"" help:"End a hold."`
}

// errUnknownSubject says so to the operator, who has to answer the person.
var errUnknownSubject = errors.New("nobody with this NHS number is known here: they never signed in, or were erased")

// person is who a command is about. The number comes in a file and is neither an
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

// find gives the citizen's pseudonym, or errUnknownSubject.
func (p person) find(env *environment, db *sqlite.DB) (citizen.Ref, error) {
	if p.NumberFile == "" {
		return "", fmt.Errorf("%w: --nhs-number-file is missing", errUsage)
	}
	ring, err := p.ring(env)
	if err != nil {
		return "", err
	}
	registry := citizen.NewRegistry(db.Subjects(), ring, time.Now, rand.Reader)
	text, err := os.ReadFile(p.NumberFile)
	if err != nil {
		return "", fmt.Errorf("%w: read the NHS number: %w", errUsage, err)
	}
	number, err := citizen.ParseNHSNumber(strings.ReplaceAll(strings.TrimSpace(string(text)), " ", ""))
	if err != nil {
		return "", fmt.Errorf("%w: the file: %w", errUsage, err)
	}
	ref, err := registry.LookUp(env.ctx, number)
	if errors.Is(err, citizen.ErrNoSubject) {
		return "", errUnknownSubject
	}
	return ref, err
}

// reason is why, for the log.
type reason struct {
	Reason string `help:"Why, in a few words without anybody's name or number; it goes into the log for years." required:""`
}

func (r reason) check() error {
	const longest = 200
	if text := strings.TrimSpace(r.Reason); text == "" || len(text) > longest {
		return fmt.Errorf("%w: --reason must have 1 to %d characters", errUsage, longest)
	}
	if digits := strings.Map(digit, r.Reason); len(digits) > 9 { //nolint:mnd // an NHS number has ten
		return fmt.Errorf("%w: --reason must not hold an NHS number", errUsage)
	}
	return nil
}

func digit(r rune) rune {
	if r < '0' || r > '9' {
		return -1
	}
	return r
}

type subjectExportCommand struct {
	database
	person
	reason
}

// Run writes what is held about one citizen.
func (x subjectExportCommand) Run(env *environment) (err error) {
	if err := x.check(); err != nil {
		return err
	}
	db, err := x.open(env)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	ref, err := x.find(env, db)
	if err != nil {
		return errors.Join(err, appendEntry(env, db, audit.SubjectAccess, err, "", "subject-access: "+x.Reason))
	}
	if err := appendEntry(env, db, audit.SubjectAccess, nil, ref, "subject-access: "+x.Reason); err != nil {
		return err
	}
	ring, err := x.ring(env)
	if err != nil {
		return err
	}
	if err := db.Subjects().Export(env.ctx, ref, env.stdout); err != nil {
		return err
	}
	return history.Export(env.ctx, db.Histories(), ring, ref, env.stdout)
}

type subjectEraseCommand struct {
	database
	person
	reason
}

// Run forgets who a citizen is. That it happened is in the log first, so that
// nobody is ever erased without an entry; under hold it is refused.
func (x subjectEraseCommand) Run(env *environment) (err error) {
	if err := x.check(); err != nil {
		return err
	}
	db, err := x.open(env)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	purpose := "erasure: " + x.Reason
	ref, err := x.find(env, db)
	if err != nil {
		return errors.Join(err, appendEntry(env, db, audit.Erased, err, "", purpose))
	}
	if err := held(env, db, ref); err != nil {
		return errors.Join(err, appendEntry(env, db, audit.Erased, err, ref, purpose))
	}
	if err := appendEntry(env, db, audit.Erased, nil, ref, purpose); err != nil {
		return err
	}
	if err := db.Subjects().EraseSubject(env.ctx, ref); err != nil {
		return errors.Join(err, appendEntry(env, db, audit.Erased, err, ref, purpose))
	}
	_, err = fmt.Fprintf(env.stdout, "Erased. The log keeps the pseudonym %s, which leads to nobody any more.\n"+
		"Backups made before now still hold the row: let them expire, and erase again after restoring one.\n", ref)
	return err
}

// held gives the reasons of the holds that keep a citizen from being erased.
func held(env *environment, db *sqlite.DB, ref citizen.Ref) error {
	all, err := db.Log().Holds(env.ctx)
	if err != nil {
		return err
	}
	for _, h := range all {
		if h.LiftedAt == nil && (h.Citizen == "" || h.Citizen == ref) {
			return fmt.Errorf("%w: hold %s stands since %s: %s", audit.ErrHeld, h.ID, h.PlacedAt.Format(time.DateOnly), h.Reason)
		}
	}
	return nil
}

// appendEntry puts an act of the operator into the log; why is nil when it may go on.
func appendEntry(env *environment, db *sqlite.DB, kind audit.Kind, why error, ref citizen.Ref, purpose string) error {
	e := audit.Entry{Kind: kind, At: time.Now(), Actor: audit.ActorOperator, Citizen: ref, Purpose: purpose, Outcome: audit.Succeeded}
	switch {
	case errors.Is(why, errUnknownSubject):
		e.Outcome, e.Reason = audit.Refused, "no_subject"
	case errors.Is(why, audit.ErrHeld):
		e.Outcome, e.Reason = audit.Refused, "held"
	case why != nil:
		e.Outcome, e.Reason = audit.Failed, "internal_error"
	}
	if _, err := db.Log().Append(env.ctx, audit.Guard{}, e); err != nil {
		return fmt.Errorf("log it: %w", err)
	}
	return nil
}

func holds(db *sqlite.DB) audit.Holds {
	return audit.Holds{Store: db.Log(), Now: time.Now, NewID: uuid.NewString}
}
