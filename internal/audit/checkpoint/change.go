package checkpoint

import (
	"errors"
	"fmt"
	"time"
)

// ChangeTime is how long both keys sign in a planned change: in this time every reader
// gets the new public key.
const ChangeTime = 30 * 24 * time.Hour

// Errors of a planned change of the key. Nothing was changed.
var (
	// ErrNoChange says that there is no change to finish. Begin one.
	ErrNoChange = errors.New("no change of the checkpoint key is in progress")
	// ErrTooEarly says that readers have not had [ChangeTime] yet. Wait until then, or
	// make sure that each of them has the new key.
	ErrTooEarly = errors.New("the change of the checkpoint key cannot be finished yet")
)

// BeginChange begins the planned change of the key at path: a new key of the same name
// becomes the active one, and the one before it goes on signing beside it. The log keeps
// its origin. Where a change is in progress, it only makes sure that the public halves
// are beside the key, and returns it, so that what was interrupted can be done again.
// Who signs already signs with the new key once it has read the file again.
func BeginChange(path string, now time.Time) (Key, error) {
	file, unlock, err := lock(path)
	if err != nil {
		return Key{}, err
	}
	defer unlock()
	f, err := readKeyFile(file)
	if err != nil {
		return Key{}, err
	}
	key, err := f.key()
	if err != nil {
		return Key{}, err
	}
	if f.changing.IsZero() {
		pair, err := newPair(key.all.origin())
		if err != nil {
			return Key{}, err
		}
		f = keyFile{active: pair, before: f.active, changing: now.UTC().Truncate(time.Second), former: f.former}
		if key, err = f.key(); err != nil {
			return Key{}, err
		}
		if err := replace(file, f.text()); err != nil {
			return Key{}, fmt.Errorf("write checkpoint key: %w", err)
		}
	}
	if err := writePublic(path, f); err != nil {
		return Key{}, err
	}
	return key, nil
}

// CanFinish returns why a change cannot be finished: ErrNoChange, or ErrTooEarly unless
// early says that every reader has the new key already.
func (k Key) CanFinish(now time.Time, early bool) error {
	switch until := k.Changing.Add(ChangeTime); {
	case k.Changing.IsZero():
		return ErrNoChange
	case now.Before(until) && !early:
		return fmt.Errorf("%w: readers have until %s to get the new public key", ErrTooEarly, until.Format(time.RFC3339))
	}
	return nil
}

// FinishChange finishes it where [Key.CanFinish] allows: only the new key signs. The
// private half of the old one is forgotten; its public half stays, because it checks what
// it signed.
func FinishChange(path string, now time.Time, early bool) (Key, error) {
	file, unlock, err := lock(path)
	if err != nil {
		return Key{}, err
	}
	defer unlock()
	f, err := readKeyFile(file)
	if err != nil {
		return Key{}, err
	}
	key, err := f.key()
	if err != nil {
		return Key{}, err
	}
	if err := key.CanFinish(now, early); err != nil {
		return Key{}, err
	}
	f = keyFile{active: f.active, former: f.public()[1:]}
	if err := replace(file, f.text()); err != nil {
		return Key{}, fmt.Errorf("write checkpoint key: %w", err)
	}
	if err := writePublic(path, f); err != nil {
		return Key{}, err
	}
	return f.key()
}
