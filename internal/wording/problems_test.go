package wording

import (
	"testing"

	"github.com/patient-care-aggregator/aggregator/valuesets"
)

func loaded(t *testing.T) *Set {
	t.Helper()
	set, err := Load(valuesets.FS(), AllDrafts())
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func TestAProblemIsInOneLanguage(t *testing.T) {
	set := loaded(t)
	for _, code := range ProblemCodes() {
		for _, detail := range []string{"", DetailMaintenance, DetailStaffSignInUnfinished} {
			for _, by := range []Reader{ByApp, ByPerson} {
				for _, lang := range []Lang{English, Welsh} {
					p := set.Problem(code, detail, by, lang)
					for _, text := range []Text{p.Title, p.Detail, p.NextStep} {
						if text.Text == "" || text.Lang != p.Lang() || text.Next != nil {
							t.Errorf("%s %s %d %s: %+v", code, detail, by, lang, p)
						}
					}
				}
			}
		}
	}
}

func TestProblemWords(t *testing.T) {
	set := loaded(t)
	for _, c := range []struct {
		code, detail string
		by           Reader
		want         Lang
		says         string
	}{
		{"session_expired", "", ByApp, Welsh, "Rydych wedi cael eich allgofnodi er mwyn cadw eich gwybodaeth yn ddiogel."},
		{"bad_request", "", ByApp, English, "The request is not of the form that this service understands."},
		{"bad_request", "", ByPerson, Welsh, "Nid yw rhywbeth yn y cyfeiriad, neu yn yr hyn a anfonwyd, yn iawn."},
		{"internal_error", "", ByApp, Welsh, "Aeth rhywbeth o'i le ar ein hochr ni."},
		{"role_required", "", ByApp, English, "Your staff account does not have the role that this needs."},
		{"internal_error", "", ByPerson, Welsh, "Aeth rhywbeth o'i le ar ein hochr ni."},
		{"service_unavailable", DetailMaintenance, ByPerson, Welsh, "Rydym yn gweithio ar y wefan hon a byddwn yn ôl cyn bo hir."},
		{"service_unavailable", DetailStaffSignInUnfinished, ByApp, English, "We could not finish this sign-in."},
		{"a_new_code", "", ByApp, Welsh, "Aeth rhywbeth o'i le ar ein hochr ni."},
		{"csrf", "a_new_detail", ByApp, Welsh, "Fe wnaethom stopio cais nad oedd wedi dod o'n tudalennau ni."},
	} {
		if p := set.Problem(c.code, c.detail, c.by, Welsh); p.Lang() != c.want || p.Detail.Text != c.says {
			t.Errorf("%s %s: %+v", c.code, c.detail, p)
		}
	}
}
