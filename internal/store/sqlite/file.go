package sqlite

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// ErrUnsafePlace says that the database's directory is missing or writable by every
// user, or that its path is not a regular file. Nothing was opened. The operator has
// to correct what the text names, or choose another path.
var ErrUnsafePlace = errors.New("unsafe place for the database")

const private fs.FileMode = 0o600

// prepareFile makes sure that the database file exists, is a regular file, and is
// readable only by its owner. SQLite gives its -wal and -shm files the same mode.
func prepareFile(path string, create bool) error {
	if err := checkDirectory(filepath.Dir(path)); err != nil {
		return err
	}
	info, err := os.Lstat(path) //nolint:gosec // the path is the operator's configuration
	switch {
	case errors.Is(err, fs.ErrNotExist) && create:
		return createFile(path)
	case err != nil:
		return fmt.Errorf("inspect the database file: %w", err)
	case !info.Mode().IsRegular():
		return fmt.Errorf("%w: %q is not a regular file", ErrUnsafePlace, path)
	case links(info) > 1:
		// A server through each name would not see the other's lock nor its WAL.
		return fmt.Errorf("%w: %q has more than one name (hard links); remove the others", ErrUnsafePlace, path)
	case info.Mode().Perm()&^private != 0:
		// A volume whose group the platform sets comes back group-readable.
		if err := os.Chmod(path, private); err != nil { //nolint:gosec // the path is the operator's configuration
			return fmt.Errorf("make the database file private: %w", err)
		}
	}
	return nil
}

func checkDirectory(dir string) error {
	info, err := os.Stat(dir) //nolint:gosec // the path is the operator's configuration
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnsafePlace, err)
	}
	if !info.IsDir() {
		return fmt.Errorf("%w: %q is not a directory", ErrUnsafePlace, dir)
	}
	if info.Mode().Perm()&0o002 != 0 {
		return fmt.Errorf("%w: every user can write to the directory %q; remove that permission (chmod o-w)", ErrUnsafePlace, dir)
	}
	return nil
}

// createFile makes the file and its directory entry durable.
func createFile(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, private) //nolint:gosec // the path is the operator's configuration
	if err != nil {
		return fmt.Errorf("create the database file: %w", err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("create the database file: %w", err)
	}
	dir, err := os.Open(filepath.Dir(path)) //nolint:gosec // the path is the operator's configuration
	if err != nil {
		return fmt.Errorf("open the database's directory: %w", err)
	}
	if err := errors.Join(dir.Sync(), dir.Close()); err != nil {
		return fmt.Errorf("make the database file's name durable: %w", err)
	}
	return nil
}

// syncFile makes the content and the length of a file durable. It MUST NOT be the database
// file: closing that would give up the locks that SQLite has on it.
func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, private) //nolint:gosec // beside the operator's own path
	if err != nil {
		return fmt.Errorf("sync %s: %w", path, err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("sync %s: %w", path, err)
	}
	return nil
}
