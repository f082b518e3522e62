package httpapi

import (
	"strings"
	"testing"
)

func TestMatches(t *testing.T) {
	t.Parallel()
	const etag = `W/"abc-_1"`
	for header, want := range map[string]bool{
		`W/"abc-_1"`:                       true,
		`"abc-_1"`:                         true, // compared weakly
		` W/"abc-_1" `:                     true,
		`"x", W/"abc-_1"`:                  true,
		`"x","abc-_1","y"`:                 true,
		`*`:                                true,
		"":                                 false,
		",":                                false,
		`abc-_1`:                           false,
		`"abc-_1`:                          false,
		`"ABC-_1"`:                         false,
		`w/"abc-_1"`:                       false,
		`W/W/"abc-_1"`:                     false,
		`"abc"`:                            false,
		`"*"`:                              false,
		strings.Repeat(" ", 1024) + etag:   false, // longer than anybody needs
		strings.Repeat(`"x",`, 200) + etag: true,
	} {
		if got := matches(header, etag); got != want {
			t.Errorf("%.40q: %v, want %v", header, got, want)
		}
	}
}
