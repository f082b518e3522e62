package timeline_test

import (
	"strings"
	"testing"

	"github.com/patient-care-aggregator/aggregator/internal/referral"
	"github.com/patient-care-aggregator/aggregator/internal/timeline"
	"github.com/patient-care-aggregator/aggregator/internal/wording"
	"github.com/patient-care-aggregator/aggregator/valuesets"
)

func TestOrganisationName(t *testing.T) {
	vs := valueSets(t)
	for raw, want := range map[string]string{
		"LEEDS TEACHING HOSPITALS NHS TRUST":               "Leeds Teaching Hospitals NHS Trust",
		"ST JAMES'S UNIVERSITY HOSPITAL":                   "St James's University Hospital",
		"GUY'S AND ST THOMAS' NHS FOUNDATION TRUST":        "Guy's and St Thomas' NHS Foundation Trust",
		"UNIVERSITY HOSPITALS OF NORTH MIDLANDS NHS TRUST": "University Hospitals of North Midlands NHS Trust",
		"STOKE-ON-TRENT CARE ALLIANCE":                     "Stoke-on-Trent Care Alliance",
		"THE OAKS SURGERY":                                 "The Oaks Surgery",
		"DR O'CONNOR & PARTNERS":                           "Dr O'Connor & Partners",
		"DR MCDONALD AND DR SMITH":                         "Dr McDonald and Dr Smith",
		"DR A B SMITH":                                     "Dr A B Smith",
		"NHS NORTH EAST LONDON ICB - A3A8R":                "NHS North East London ICB - A3A8R",
		"SPECSAVERS (LEEDS) LTD":                           "Specsavers (Leeds) Ltd",
		"THE QUEEN ELIZABETH HOSPITAL, KING'S LYNN":        "The Queen Elizabeth Hospital, King's Lynn",
		"BMI THE PARK HOSPITAL":                            "BMI the Park Hospital",
		"leeds road surgery":                               "Leeds Road Surgery",
		"Already Written by Somebody NHS":                  "Already Written by Somebody NHS",
		"  DOUBLE   SPACES\tSURGERY ":                      "Double Spaces Surgery",
		"YSBYTY GWYNEDD":                                   "Ysbyty Gwynedd",
		"<b>OAK</b> SURGERY":                               "Oak Surgery",
		"":                                                 "", "\x00\u200b": "",
	} {
		if got := vs.OrganisationName(raw); got != want {
			t.Errorf("%q became %q, want %q", raw, got, want)
		}
	}
}

func FuzzOrganisationName(f *testing.F) {
	for _, seed := range []string{"ST JAMES'S", "&amp;amp;amp;amp;amp;", "ǅ", "ﬁ", "O'", "'", "MC", "A&B<", "İstanbul", "ß"} {
		f.Add(seed)
	}
	vs := valueSets(f)
	f.Fuzz(func(t *testing.T, raw string) {
		once := vs.OrganisationName(raw)
		if twice := vs.OrganisationName(once); twice != once {
			t.Errorf("%q became %q, and that became %q", raw, once, twice)
		}
	})
}

func TestWelsh(t *testing.T) {
	vs := valueSets(t)
	f := atService(referral.StateBooked, func(f *referral.Facts) { f.Appointment = appointment(now().AddDate(0, 0, 8), 0) })
	got := build([]referral.Facts{f}, vs, wording.Welsh, now()).Referrals[0]
	t.Run("is told", func(t *testing.T) {
		if want := "Dyddiad eich apwyntiad yw Dydd Mercher 28 Ionawr 2026 am 10am."; got.State.Description.String() != want {
			t.Errorf("got %q", got.State.Description)
		}
	})
	t.Run("only whole", func(t *testing.T) {
		for file, words := range map[string]string{
			"states.yaml":            "      cy: Nod staff yr ysbyty oedd cysylltu â chi erbyn {date}. Ni allwn weld dyddiad ar gyfer eich apwyntiad.\n",
			"phrases.yaml":           ", cy: canol dydd",
			"specialties.yaml":       `, cy: "Iechyd rhywiol"`,
			"disclosure.yaml":        ", cy: Gofal ysbyty",
			"priorities.yaml":        ", cy: Brys",
			"reviews.yaml":           `, cy: "Nod staff yr ysbyty yw cysylltu â chi erbyn y dyddiad hwn"`,
			"appointment-types.yaml": ", cy: Apwyntiad ffôn",
		} {
			_, err := load(withFile(t, file, replace(words, "")))
			if err == nil {
				t.Errorf("%s loads without %q", file, words)
			}
		}
	})
	t.Run("only reviewed, but where drafts are tried out", func(t *testing.T) {
		_, err := wording.Load(valuesets.FS(), wording.Languages{Shown: []wording.Lang{wording.Welsh}})
		if found := faults(err); len(found) == 0 || !strings.Contains(found[0].Reason, "nobody has reviewed") {
			t.Errorf("%v", err)
		}
	})
	t.Run("not at all where a deployment does not say so", func(t *testing.T) {
		set, err := wording.Load(valuesets.FS(), wording.Languages{})
		if err != nil {
			t.Fatal(err)
		}
		if lang := set.Choose([]wording.Lang{wording.Welsh}); lang != wording.English {
			t.Errorf("chose %s", lang)
		}
	})
}

func TestNotices(t *testing.T) {
	vs := valueSets(t)
	for _, tt := range []struct {
		code    string
		count   int
		message string
	}{
		{"unreadable_item", 1, "We could not show 1 referral. If you are waiting to hear about one that is not here, phone your GP surgery."},
		{"unreadable_item", 3, "We could not show 3 referrals. If you are waiting to hear about one that is not here, phone your GP surgery."},
		{"orphan", 2, "We found 2 appointments or reviews, but not the referrals they are for. Look at your appointment letters, or phone the hospital."},
		{"a_code_without_words", 2, "We could not show 2 parts of your details."},
		{"unreadable_item", -1, "We could not show 1 referral. If you are waiting to hear about one that is not here, phone your GP surgery."},
	} {
		in := timeline.Input{Notices: []referral.Notice{{Code: referral.NoticeCode(tt.code), Count: tt.count}}}
		got := timeline.Build(in, vs.Set, vs.policy, wording.English, now()).Notices[0]
		if got.Message.String() != tt.message || got.Code != tt.code || got.Count < 1 {
			t.Errorf("%s %d: %+v", tt.code, tt.count, got)
		}
	}
	t.Run("every issue of a source has its own words, and a new one has general words", func(t *testing.T) {
		seen := map[string]bool{}
		for _, code := range []string{"timeout", "structure", "transient", "exception", "business-rule", "something_new"} {
			words := vs.SourceIssue(code, wording.English)
			if words.String() == "" || seen[words.String()] {
				t.Errorf("%s: %q", code, words)
			}
			seen[words.String()] = true
		}
	})
}
