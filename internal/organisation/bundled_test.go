package organisation_test

import (
	"testing"

	"github.com/patient-care-aggregator/aggregator/internal/organisation"
)

func TestBundledNamesServeWithoutALookUp(t *testing.T) {
	names, err := organisation.Bundled()
	if err != nil {
		t.Fatal(err)
	}
	d := organisation.New(organisation.Deps{Bundled: names})
	found := d.Find(t.Context(), []string{"RR8", "ZZZ", "", "../x"}, "")
	if len(found) != 1 || found["RR8"].Name != "Leeds Teaching Hospitals NHS Trust" || found["RR8"].Phone != "" {
		t.Fatalf("%+v", found)
	}
}
