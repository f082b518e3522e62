//go:build unix

package sqlite

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// lock takes the lock file of the one serving process. The system releases it
// when the process ends, in any way; the file itself stays.
func lock(path string) (*os.File, error) {
	f, err := os.OpenFile(path+".lock", os.O_CREATE|os.O_RDWR, private) //nolint:gosec // beside the operator's own path
	if err != nil {
		return nil, fmt.Errorf("open the lock file: %w", err)
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		return f, nil
	}
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = ErrInUse
	}
	return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), f.Close())
}

// links is how many names a file has.
func links(info fs.FileInfo) uint64 {
	if of, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(of.Nlink) //nolint:unconvert,nolintlint // its size differs between systems
	}
	return 1
}
