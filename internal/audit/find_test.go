package audit

import (
	"errors"
	"testing"
)

func TestCursor(t *testing.T) {
	if c, err := ParseCursor(Cursor(0).String()); err != nil || c != 0 {
		t.Errorf("%v, %v", c, err)
	}
	for _, bad := range []string{"x", "!", "-1", "01", "+1", "9223372036854775807", "WyJub3ciLDFd"} {
		if _, err := ParseCursor(bad); !errors.Is(err, ErrBadCursor) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestListID(t *testing.T) {
	for _, l := range []ListID{{}, Everybody, Service, NewList()} {
		if again, err := ParseListID(l.String()); err != nil || again != l {
			t.Errorf("%q became %v, %v", l, again, err)
		}
	}
	for _, bad := range []string{"AAAAAAAAAAAAAAAAAAAAAA", "nobody", "5rM0yUb1S1OuL9gqQHhZfAA", "5rM0yUb1S1OuL9gqQHhZfB"} {
		if l, err := ParseListID(bad); err == nil {
			t.Errorf("%q is %v", bad, l)
		}
	}
}
