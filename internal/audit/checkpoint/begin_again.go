package checkpoint

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"
)

// BeginAgain begins a new log after an accepted fork. It makes a key whose name, the
// log's origin, has that time: two logs that differ MUST NOT be signed by one key nor have
// one name. The old key and the file of its checkpoints are kept under names with the
// time; the old public half stays readable.
func BeginAgain(path, checkpoints string, at time.Time) (Key, error) {
	file, unlock, err := lock(path)
	if err != nil {
		return Key{}, err
	}
	defer unlock()
	old, err := ReadKey(file)
	if err != nil {
		return Key{}, err
	}
	since := at.UTC().Format("20060102T150405Z")
	origin, _, _ := strings.Cut(old.all.origin(), "/since-")
	pair, err := newPair(origin + "/since-" + since)
	if err != nil {
		return Key{}, err
	}
	aside, f := ".before-"+since, keyFile{active: pair}
	putAside := func(name string) error {
		err := os.Rename(name, name+aside)
		if name == "" || errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}
	for _, step := range []func() error{
		func() error { return os.Link(file, file+aside) },
		func() error { return putAside(path + ".pub") },
		// The key goes before its checkpoints: with it and without them, the log would be signed again.
		func() error { return replace(file, f.text()) },
		func() error { return putAside(checkpoints) },
	} {
		if err := step(); err != nil {
			return Key{}, fmt.Errorf("put the checkpoint key aside: %w", err)
		}
	}
	if err := writePublic(path, f); err != nil {
		return Key{}, err
	}
	return f.key()
}
