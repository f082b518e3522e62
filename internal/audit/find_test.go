package audit

import (
	"errors"
	"testing"
)

func TestCursor(t *testing.T) {
	if c, err := ParseCursor(Cursor{}.String()); err != nil || c != (Cursor{}) {
		t.Errorf("%v, %v", c, err)
	}
	for _, bad := range []string{"x", "!", "e30", "WyJub3ciLDFd"} {
		if _, err := ParseCursor(bad); !errors.Is(err, ErrBadCursor) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
