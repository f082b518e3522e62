package timeline_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/patient-care-aggregator/aggregator/internal/referral"
	"github.com/patient-care-aggregator/aggregator/internal/timeline"
	"github.com/patient-care-aggregator/aggregator/internal/wording"
)

// checkClean fails on anything in an answer that could harm the app that shows it.
func checkClean(t testing.TB, tl timeline.Timeline) {
	t.Helper()
	for i := range tl.Referrals {
		// The calendar folds lines; its own breaks are looked at in its own test.
		tl.Referrals[i].Appointment = nil
	}
	for _, line := range strings.Split(strings.TrimSuffix(allWords(t, tl), "\n"), "\n") {
		if utf8.RuneCountInString(line) > 400 {
			t.Errorf("%d characters: %.60q…", utf8.RuneCountInString(line), line)
		}
		marks := 0
		for _, r := range line {
			if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == utf8.RuneError || r == '<' || r == '>' {
				t.Errorf("%U in %.60q", r, line)
			}
			if marks++; !unicode.IsMark(r) {
				marks = 0
			}
			if marks > 2 {
				t.Errorf("a pile of marks in %.60q", line)
			}
		}
	}
}

func TestHostileNamesAreCleanedAndBounded(t *testing.T) {
	for raw, want := range map[string]string{
		"Eye\tclinic \n Leeds":                   "Eye clinic Leeds",
		"<script>alert(1)</script>Eye clinic":    "alert(1) Eye clinic",
		"Eye &lt;b onload=x&gt;clinic":           "Eye clinic",
		"Eye &amp;lt;b&amp;gt;clinic":            "Eye clinic",
		"Eye < clinic > 5":                       "Eye clinic 5",
		"Eye \u202eclinic\u202c \u2066x\u2069":   "Eye clinic x",
		"Eye\u200b\u200c\u200d\ufeff clinic":     "Eye clinic",
		"Eye \x00\x1b[31mclinic":                 "Eye [31mclinic",
		"Eye \xff\xfeclinic":                     "Hospital clinic", // unreadable bytes cannot be judged
		"Eye \U0001F441 clinic":                  "Eye clinic",
		"Ey\u0301\u0301\u0301\u0301\u0301e unit": "Eý\u0301e unit",
		"EYE CLINIC LEEDS":                       "Eye Clinic Leeds",
		"ENT & MSK CLINIC":                       "ENT & MSK Clinic",
	} {
		r := one(t, atService(referral.StateAwaitingTriage, func(f *referral.Facts) { f.Service.Name = raw }), now())
		if words(r.Service.Name) != want {
			t.Errorf("%q became %q, want %q", raw, words(r.Service.Name), want)
		}
	}
	t.Run("a very long name is cut at a word", func(t *testing.T) {
		r := one(t, atService(referral.StateAwaitingTriage, func(f *referral.Facts) { f.Service.Name = strings.Repeat("Eye clinic ", 100) }), now())
		if n := utf8.RuneCountInString(r.Service.Name.String()); n > 120 || !strings.HasSuffix(r.Service.Name.String(), "Eye…") {
			t.Errorf("%d characters, %q", n, *r.Service.Name)
		}
	})
	t.Run("a name of nothing but rubbish is no name", func(t *testing.T) {
		r := one(t, atService(referral.StateAwaitingTriage, func(f *referral.Facts) { f.Service.Name = "\u200b\x00 <b>" }), now())
		if r.Service.Name != nil {
			t.Errorf("service %q", *r.Service.Name)
		}
	})
}

func TestSpecialtiesThatNobodyListed(t *testing.T) {
	for _, tt := range []struct{ name, code, display, want string }{
		{"are told by their display in quiet letters", "X1", "GAIT AND POSTURE", "Gait and posture"},
		{"keep their initials", "X1", "MSK AND ENT TEAM", "MSK and ENT team"},
		{"have safe words without a display", "X1", "", "Hospital care"},
		{"have safe words for rubbish", "X1", "<b>\u200b</b>", "Hospital care"},
		{"are found by their display where the code is missing", "", "Dermatology", "Dermatology (skin)"},
		{"are found by their display where the code is of another system", "330", "dermatology", "Dermatology (skin)"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := cardiology(func(f *referral.Facts) { f.Specialty = &referral.Coding{Code: tt.code, Display: tt.display} })
			got := build([]referral.Facts{f}, valueSets(t), wording.English, now())
			if display := got.Referrals[0].Specialty.Display; display.String() != tt.want {
				t.Errorf("%q, want %q", display, tt.want)
			}
			listed := tt.display == "Dermatology" || tt.display == "dermatology"
			if counted := got.Counts.Unknown[timeline.CodeSpecialty] == 1; counted == listed {
				t.Errorf("counted as unknown: %t", counted)
			}
		})
	}
}

func TestContact(t *testing.T) {
	for _, tt := range []struct {
		name         string
		change       func(*referral.Facts)
		role, called string
		phone        string
		source       string
	}{
		{"is the provider where its name is known", func(*referral.Facts) {}, "hospital", "Leeds Teaching Hospitals NHS Trust", "0113 496 0001", "ods"},
		{"has no phone where none is known", func(f *referral.Facts) { f.Service.Provider.Phone = "" }, "hospital", "Leeds Teaching Hospitals NHS Trust", "<null>", "ods"},
		{"has no phone that cannot be dialled", func(f *referral.Facts) { f.Service.Provider.Phone = "javascript:alert(1)" }, "hospital", "Leeds Teaching Hospitals NHS Trust", "<null>", "ods"},
		{"is the referrer where the provider has no name", func(f *referral.Facts) { f.Service.Provider.Name = "" }, "referrer", "Oakwood Lane Medical Practice", "0113 496 0000", "ods"},
		{"is the referrer where there is no service", func(f *referral.Facts) { f.Service = nil }, "referrer", "Oakwood Lane Medical Practice", "0113 496 0000", "ods"},
		{"is the GP surgery where no name is known", func(f *referral.Facts) { f.Service, f.Referrer = nil, nil }, "gp", "your GP surgery", "<null>", "default"},
		{"keeps the number where the name may not be told", func(f *referral.Facts) { f.Service.Provider.Name = "CANCER CENTRE" }, "hospital", "your hospital", "0113 496 0001", "ods"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := one(t, atService(referral.StateAwaitingTriage, tt.change), now()).Contact
			if c.Role != tt.role || c.Name.String() != tt.called || text(c.Phone) != tt.phone || c.Source != tt.source {
				t.Errorf("got %s %q %s %s", c.Role, c.Name, text(c.Phone), c.Source)
			}
			if (c.Note == nil) != (c.Phone == nil) {
				t.Error("the note does not go with the number")
			}
		})
	}
}

func TestBookingReference(t *testing.T) {
	for raw, want := range map[string]string{
		"000049973241": "0000 4997 3241", "": "<null>", "12345": "1234 5", "not digits": "<null>",
		strings.Repeat("1", 500): "<null>",
	} {
		r := one(t, cardiology(func(f *referral.Facts) { f.BookingReference = raw }), now())
		if text(r.BookingReference) != want {
			t.Errorf("%.20q became %s, want %s", raw, text(r.BookingReference), want)
		}
	}
}
