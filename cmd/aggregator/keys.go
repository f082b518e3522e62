package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/history"
	"github.com/patient-care-aggregator/aggregator/internal/jose"
	"github.com/patient-care-aggregator/aggregator/internal/keys"
	"github.com/patient-care-aggregator/aggregator/internal/staff/account"
)

type keysCommand struct {
	Generate keysGenerateCommand `cmd:"" help:"Make a key ring and three RSA keys in a folder; existing files are kept."`
	Reseal   keysResealCommand   `cmd:"" help:"Seal every citizen's row and history under the first key of the ring, so that the others can be removed."`
}

type keysGenerateCommand struct {
	Dir string `help:"Folder for the keys." default:"keys" type:"path"`
}

// Run makes the keys that PCA_SECRET_KEY_FILE, PCA_NHS_LOGIN_PRIVATE_KEY_FILE,
// PCA_API_PLATFORM_PRIVATE_KEY_FILE and PCA_RECEIPT_PRIVATE_KEY_FILE name.
func (k keysGenerateCommand) Run(env *environment) error {
	const ownerOnly = 0o700
	if err := os.MkdirAll(k.Dir, ownerOnly); err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	for _, key := range []struct {
		name, setting string
		generate      func() ([]byte, error)
	}{
		{"key-ring.txt", "PCA_SECRET_KEY_FILE", func() ([]byte, error) { return []byte(keys.Generate(newKeyID())), nil }},
		{"nhs-login.pem", "PCA_NHS_LOGIN_PRIVATE_KEY_FILE", jose.GenerateKey},
		{"api-platform.pem", "PCA_API_PLATFORM_PRIVATE_KEY_FILE", jose.GenerateKey},
		{"receipts.pem", "PCA_RECEIPT_PRIVATE_KEY_FILE", jose.GenerateKey},
	} {
		path := filepath.Join(k.Dir, key.name)
		text, err := key.generate()
		if err != nil {
			return err
		}
		remark := ""
		switch err := writeNew(path, text); {
		case errors.Is(err, os.ErrExist):
			remark = " # existed already and was kept"
		case err != nil:
			return fmt.Errorf("write key: %w", err)
		}
		if _, err := fmt.Fprintf(env.stdout, "%s=%s%s\n", key.setting, path, remark); err != nil {
			return err
		}
	}
	return nil
}

// newKeyID is today with four characters at random: no two rings share an id.
func newKeyID() string {
	const random = 4
	return time.Now().UTC().Format("2006-01-02-") + strings.ToLower(keys.RandomText(rand.Reader)[:random])
}

type keysResealCommand struct {
	database
	signature

	KeyRing string `name:"secret-key-file" help:"The service's key ring ($PCA_SECRET_KEY_FILE or $PCA_SECRET_KEY)." placeholder:"FILE"`
}

// Run moves the rows. The service may be running with the same ring.
func (k keysResealCommand) Run(env *environment) (err error) {
	ring, err := person{KeyRing: k.KeyRing}.ring(env)
	if err != nil {
		return err
	}
	db, err := k.open(env)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := ring.Verify(env.ctx, db.Subjects()); err != nil {
		return err
	}
	citizens, err := citizen.NewRegistry(db.Subjects(), ring, time.Now, rand.Reader).Reseal(env.ctx, db.Subjects())
	if err != nil {
		return err
	}
	rows, err := history.Reseal(env.ctx, db.Histories(), ring)
	if err != nil {
		return err
	}
	accounts, err := account.Reseal(env.ctx, db.StaffAccounts(), ring)
	if err != nil {
		return err
	}
	e, err := k.sign(audit.Entry{
		Kind: audit.KeyChanged, Actor: audit.ActorOperator, Outcome: audit.Succeeded, At: time.Now(),
		Purpose: fmt.Sprintf("resealed under %s: %d citizens, %d rows of history, %d staff accounts", ring.Fingerprint(), citizens, rows, accounts),
	})
	if err != nil {
		return err
	}
	if _, err := db.Log().Append(env.ctx, audit.Guard{}, e); err != nil {
		return err
	}
	_, err = fmt.Fprintf(env.stdout, "%d citizens, %d rows of history and %d staff accounts are now sealed under %s. Sessions end by themselves within 12 hours; after that the other keys can be removed from the ring.\n", citizens, rows, accounts, ring.ActiveID())
	return err
}

// writeNew makes a file that only its owner can read. It never replaces one: a lost
// key is lost data.
func writeNew(path string, text []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the operator names the folder
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Close())
}
