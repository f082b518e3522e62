//go:build unix

package checkpoint

import (
	"io/fs"
	"os"
	"syscall"
)

// giveTo gives a file to the owner and group of another: an operator who is root may
// replace what the service reads.
func giveTo(path string, of fs.FileInfo) error {
	if owner, ok := of.Sys().(*syscall.Stat_t); ok {
		return os.Chown(path, int(owner.Uid), int(owner.Gid))
	}
	return nil
}

// flock waits until nobody else holds the folder.
func flock(folder *os.File) error { return syscall.Flock(int(folder.Fd()), syscall.LOCK_EX) }
