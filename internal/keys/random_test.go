package keys_test

import (
	"bytes"
	"crypto/rand"
	"strings"
	"testing"

	"github.com/patient-care-aggregator/aggregator/internal/keys"
)

func TestRandomText(t *testing.T) {
	t.Parallel()
	one, other := keys.RandomText(rand.Reader), keys.RandomText(rand.Reader)
	if one == other || len(one) != 26 || strings.Trim(one, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") != "" {
		t.Errorf("%q and %q", one, other)
	}
	if got := keys.RandomText(bytes.NewReader(make([]byte, 17))); got != strings.Repeat("A", 26) {
		t.Errorf("not from the reader that was passed: %q", got)
	}
	t.Run("a source that ends panics instead of making a weak secret", func(t *testing.T) {
		t.Parallel()
		defer func() {
			if recover() == nil {
				t.Error("made a secret of too little")
			}
		}()
		keys.RandomText(bytes.NewReader(make([]byte, 16)))
	})
}
