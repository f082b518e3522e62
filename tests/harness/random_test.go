package harness_test

import (
	"bytes"
	"testing"

	"github.com/patient-care-aggregator/aggregator/tests/harness"
)

func TestEqualSeedsAreFollowedByEqualRandomness(t *testing.T) {
	t.Parallel()
	read := func(r *harness.Random, length int) []byte {
		text := make([]byte, length)
		if n, err := r.Read(text); n != length || err != nil {
			t.Fatalf("%d bytes, %v", n, err)
		}
		return text
	}
	r := harness.NewRandom()
	r.Seed("a")
	first := read(r, 32)
	if bytes.Equal(read(r, 32), first) {
		t.Error("the same secret was made twice")
	}
	r.Seed("a")
	read(r, 16)
	if !bytes.Equal(read(r, 32), first) {
		t.Error("a read of another length changed the sequence")
	}
	r.Seed("b")
	if bytes.Equal(read(r, 32), first) {
		t.Error("another seed made the same secret")
	}
}
