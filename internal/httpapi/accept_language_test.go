package httpapi

import (
	"testing"

	"github.com/patient-care-aggregator/aggregator/internal/wording"
	"github.com/patient-care-aggregator/aggregator/valuesets"
)

func TestChooseLanguage(t *testing.T) {
	set, err := wording.Load(valuesets.FS(), wording.AllDrafts())
	if err != nil {
		t.Fatal(err)
	}
	for header, want := range map[string]wording.Lang{
		"":                           wording.English,
		"en-GB,en;q=0.9":             wording.English,
		"cy":                         wording.Welsh,
		"cy-GB, en;q=0.5":            wording.Welsh,
		"en;q=0.4, cy;q=0.8":         wording.Welsh,
		"fr, cy;q=0.5, en;q=0.2":     wording.Welsh,
		"fr":                         wording.English,
		"cy;q=0, en":                 wording.English,
		"*":                          wording.English,
		"not a header \x00 at all;;": wording.English,
	} {
		if got := set.Choose(wantedLanguages(header)); got != want {
			t.Errorf("%q gives %s, want %s", header, got, want)
		}
	}
}
