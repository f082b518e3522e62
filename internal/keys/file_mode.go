package keys

import (
	"fmt"
	"io/fs"
)

// UnsafeMode says what is wrong with the mode of a file that holds a key; empty:
// nothing. Only its owner may write it, and nobody but its owner and its group may read
// it. A Kubernetes secret has such a mode with defaultMode 0440 (and fsGroup), and not
// without it. The mode is that of the file itself, not of a link to it.
func UnsafeMode(mode fs.FileMode) string {
	const allowed fs.FileMode = 0o740
	if mode.Perm()&^allowed == 0 {
		return ""
	}
	return fmt.Sprintf("others than its owner can read or change it (mode %04o): use chmod 600, or defaultMode 0440 in a Kubernetes secret", mode.Perm())
}
