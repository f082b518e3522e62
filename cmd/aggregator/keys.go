package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/jose"
	"github.com/patient-care-aggregator/aggregator/internal/keys"
)

type keysCommand struct {
	Generate keysGenerateCommand `cmd:"" help:"Make a key ring and two RSA keys in a folder; existing files are kept."`
}

type keysGenerateCommand struct {
	Dir string `help:"Folder for the keys." default:"keys" type:"path"`
}

// Run makes the keys that PCA_SECRET_KEY_FILE, PCA_NHS_LOGIN_PRIVATE_KEY_FILE and
// PCA_API_PLATFORM_PRIVATE_KEY_FILE name.
func (k keysGenerateCommand) Run(env *environment) error {
	const ownerOnly = 0o700
	if err := os.MkdirAll(k.Dir, ownerOnly); err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	for _, key := range []struct {
		name, setting string
		generate      func() ([]byte, error)
	}{
		{"key-ring.txt", "PCA_SECRET_KEY_FILE", func() ([]byte, error) { return []byte(keys.Generate(time.Now().UTC().Format("2006-01"))), nil }},
		{"nhs-login.pem", "PCA_NHS_LOGIN_PRIVATE_KEY_FILE", jose.GenerateKey},
		{"api-platform.pem", "PCA_API_PLATFORM_PRIVATE_KEY_FILE", jose.GenerateKey},
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
