package wording

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/patient-care-aggregator/aggregator/valuesets"
)

func loadWith(t *testing.T, before, after string) (*Set, error) {
	t.Helper()
	raw, err := valuesets.FS().Open("phrases.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	buf := make([]byte, 1<<16)
	for {
		n, err := raw.Read(buf)
		text.Write(buf[:n])
		if err != nil {
			break
		}
	}
	if !strings.Contains(text.String(), before) {
		t.Fatalf("phrases.yaml has no %q", before)
	}
	changed := strings.Replace(text.String(), before, after, 1)
	return Load(valuesets.Over(fstest.MapFS{"phrases.yaml": {Data: []byte(changed)}}), AllDrafts())
}

func TestWelshHasSixPluralForms(t *testing.T) {
	set, err := loadWith(t, `two: {cy: "Mae`, `two: {cy: "Dau: mae`)
	if err != nil {
		t.Fatal(err)
	}
	for n, want := range map[int]bool{0: false, 1: false, 2: true, 3: false, 6: false, 7: false} {
		if got := set.Count(Welsh, KeySummaryAction, n); strings.HasPrefix(got.Text, "Dau:") != want || got.Lang != Welsh {
			t.Errorf("%d: %+v", n, got)
		}
	}
	if got := set.Count(English, KeySummaryAction, 2).Text; got != "2 referrals need you to do something" {
		t.Error(got)
	}
}

func TestALanguageWithoutOneOfItsPluralFormsIsRejected(t *testing.T) {
	_, err := loadWith(t, "    few: {cy: \"Mae", "    few: {xx: \"Mae")
	if err == nil || !strings.Contains(err.Error(), "cy needs the form few") {
		t.Errorf("%v", err)
	}
}
