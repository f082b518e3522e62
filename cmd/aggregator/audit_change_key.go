package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/audit/checkpoint"
	"github.com/patient-care-aggregator/aggregator/internal/store"
)

type auditChangeKeyCommand struct {
	database
	checkpointKey
	signature

	Finish bool `help:"End the change: only the new key signs. Not before both have signed for 30 days."`
	Early  bool `help:"Finish before the 30 days are over, because every reader has the new public key."`
}

// errNotRestarted says that the service has not yet signed with the new key.
var errNotRestarted = errors.New("the service has not been started since the change of the checkpoint key began: start it again, so that both keys sign, and wait until readers have the new one")

// Run begins or finishes a planned change of the key, also while the service runs. What
// was interrupted is done by the same command again.
func (a auditChangeKeyCommand) Run(env *environment) (err error) {
	if a.Early && !a.Finish {
		return fmt.Errorf("%w: --early is for --finish only", errUsage)
	}
	if _, err := a.sign(audit.Entry{}); err != nil {
		return err
	}
	at, err := a.location()
	if err != nil {
		return err
	}
	db, err := a.open(env)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if a.Finish {
		return a.finish(env, db, a.keyPath(at))
	}
	return a.begin(env, db, a.keyPath(at))
}

// begin makes the new key before the log says so: an entry never names a key that was
// lost. Where the entry is missing, the next try adds it.
func (a auditChangeKeyCommand) begin(env *environment, db *store.Store, path string) error {
	key, err := checkpoint.BeginChange(path, time.Now())
	if err != nil {
		return err
	}
	purpose := fmt.Sprintf("checkpoints: change begun at %s, signed by %s", key.Changing.UTC().Format(time.RFC3339), strings.Join(key.Signing(), " and "))
	told, err := changesOfKeys(env, db, key, audit.ActorOperator)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(told, func(said string) bool { return said == purpose }) {
		if err := a.tell(env, db, purpose); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(env.stdout, "The change of the checkpoint key began at %s. Start the service again: both keys sign from then on.\n"+
		"Give every reader the new public key, in a way that nobody else can change:\n%s\n"+
		"Finish the change on %s or later, with --finish.\n",
		key.Changing.UTC().Format(time.RFC3339), key.Public, key.Changing.Add(checkpoint.ChangeTime).UTC().Format(time.DateOnly))
	return err
}

// finish tells the log first: while the entry is missing, both keys sign.
func (a auditChangeKeyCommand) finish(env *environment, db *store.Store, path string) error {
	key, err := checkpoint.ReadKey(path)
	if err != nil {
		return err
	}
	if err := key.CanFinish(time.Now(), a.Early); err != nil {
		return err
	}
	told, err := changesOfKeys(env, db, key, audit.ActorService)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(told, func(said string) bool { return strings.Contains(said, key.Public) }) {
		return errNotRestarted
	}
	if err := a.tell(env, db, fmt.Sprintf("checkpoints: change finished, signed by %s only", key.Public)); err != nil {
		return err
	}
	key, err = checkpoint.FinishChange(path, time.Now(), a.Early)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(env.stdout, "The change of the checkpoint key is finished. Start the service again: only this key signs from then on.\n%s\n", key.Public)
	return err
}

// changesOfKeys is what entries by an actor say of keys since the change began.
func changesOfKeys(env *environment, db *store.Store, key checkpoint.Key, by audit.Actor) ([]string, error) {
	const most = 1000
	found, err := db.Log().Find(env.ctx, audit.Filter{
		List: audit.Service, Kinds: []audit.Kind{audit.KeyChanged}, Actor: by, Since: key.Changing, NewestFirst: true,
	}, 0, most)
	if err != nil {
		return nil, fmt.Errorf("look for entries about keys: %w", err)
	}
	var told []string
	for _, r := range found {
		e, err := r.Entry()
		if err != nil {
			return nil, fmt.Errorf("look for entries about keys: %w", err)
		}
		told = append(told, e.Purpose)
	}
	return told, nil
}

func (a auditChangeKeyCommand) tell(env *environment, db *store.Store, purpose string) error {
	e, err := a.sign(audit.Entry{
		Kind: audit.KeyChanged, At: time.Now(), Actor: audit.ActorOperator, Outcome: audit.Succeeded, Purpose: purpose,
	})
	if err != nil {
		return err
	}
	_, err = db.Log().Append(env.ctx, audit.Guard{}, e)
	if err != nil {
		return fmt.Errorf("log the change of the key: %w", err)
	}
	return nil
}
