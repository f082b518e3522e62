//go:build !unix

package sqlite

import (
	"fmt"
	"io/fs"
	"os"
	"runtime"
)

// lock refuses: without flock two servers could write to one log.
func lock(path string) (*os.File, error) {
	return nil, fmt.Errorf("lock %s: not supported on %s", path, runtime.GOOS)
}

// links is how many names a file has: not known here.
func links(fs.FileInfo) uint64 { return 1 }
