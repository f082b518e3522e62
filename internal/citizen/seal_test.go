package citizen_test

import (
	"bytes"
	"testing"

	"github.com/patient-care-aggregator/aggregator/internal/citizen"
)

func TestWhatACitizenBringsBackOpensForThemAlone(t *testing.T) {
	ann := citizen.New("ann", citizen.NHSNumber{}, [32]byte{1})
	bob := citizen.New("bob", citizen.NHSNumber{}, [32]byte{2})
	box := ann.Seal("cursor", []byte("4436"))
	if got, ok := ann.Open("cursor", box); !ok || string(got) != "4436" {
		t.Errorf("%q, %v", got, ok)
	}
	if bytes.Contains(box, []byte("4436")) || bytes.Equal(box, ann.Seal("cursor", []byte("4436"))) {
		t.Error("it tells its content")
	}
	spoilt := bytes.Clone(box)
	spoilt[len(spoilt)-1] ^= 1
	for name, open := range map[string]func() ([]byte, bool){
		"another citizen's": func() ([]byte, bool) { return bob.Open("cursor", box) },
		"another purpose's": func() ([]byte, bool) { return ann.Open("page", box) },
		"a changed one":     func() ([]byte, bool) { return ann.Open("cursor", spoilt) },
		"nothing":           func() ([]byte, bool) { return ann.Open("cursor", nil) },
	} {
		if got, ok := open(); ok {
			t.Errorf("%s opens: %q", name, got)
		}
	}
}
