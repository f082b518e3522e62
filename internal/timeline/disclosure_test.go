package timeline_test

import (
	"encoding/json"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/patient-care-aggregator/aggregator/internal/referral"
	"github.com/patient-care-aggregator/aggregator/internal/timeline"
	"github.com/patient-care-aggregator/aggregator/internal/wording"
	"github.com/patient-care-aggregator/aggregator/valuesets"
)

// labels are what must never be found in an answer, squeezed to letters and
// digits. They are written here again, not read from the policy under test.
func labels() []string {
	return []string{
		"2ww", "2week", "twoweek", "cancer", "oncolog", "suspected", "tumour", "carcinoma", "malignan",
		"melanoma", "lymphoma", "rapidaccess", "nodule", "fasttrack", "palliative", "macmillan",
	}
}

// allWords is every string that an answer carries, apart from ids.
func allWords(t testing.TB, tl timeline.Timeline) string {
	t.Helper()
	var tree any
	if err := json.Unmarshal([]byte(encode(t, tl)), &tree); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	var walk func(any)
	walk = func(node any) {
		switch n := node.(type) {
		case map[string]any:
			for key, value := range n {
				isOpaque := key == "id" || strings.HasSuffix(key, "Id") || key == "manageUrl" // may spell anything
				if s, ok := value.(string); ok && isOpaque {
					if len(s) > 80 {
						t.Errorf("%s is %d bytes long", key, len(s))
					}
					continue
				}
				walk(value)
			}
		case []any:
			for _, value := range n {
				walk(value)
			}
		case string:
			b.WriteString(n)
			b.WriteString("\n")
		}
	}
	walk(tree)
	for i := range tl.Referrals {
		if file, err := calendarFile(tl.Referrals[i], now()); err == nil {
			for line := range strings.Lines(strings.ReplaceAll(string(file), "\r\n ", "")) { // unfolded
				if !strings.HasPrefix(line, "UID:") { // an opaque id may spell anything
					b.WriteString(line)
				}
			}
		}
	}
	return b.String()
}

func squeeze(s string) string {
	return strings.Map(func(r rune) rune {
		if r = unicode.ToLower(r); r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, norm.NFKD.String(s))
}

func leaks(t testing.TB, tl timeline.Timeline) []string {
	t.Helper()
	var found []string
	for _, line := range strings.Split(allWords(t, tl), "\n") {
		squeezed := squeeze(line)
		for _, label := range labels() {
			if strings.Contains(squeezed, label) {
				found = append(found, label+" in "+line)
			}
		}
	}
	return found
}

func TestNoLabelOfSuspectedCancerReachesAnAnswer(t *testing.T) {
	start := time.Date(2026, time.August, 5, 13, 30, 0, 0, time.UTC)
	telling := map[string]func(*referral.Facts){
		"specialty code":                func(f *referral.Facts) { f.Specialty = &referral.Coding{Code: "2WW", Display: "Other"} },
		"specialty display":             func(f *referral.Facts) { f.Specialty = &referral.Coding{Code: "X9", Display: "2 Week Wait Breast"} },
		"a listed specialty":            func(f *referral.Facts) { f.Specialty = &referral.Coding{Code: "CLINICAL_ONCOLOGY"} },
		"service's own specialty":       func(f *referral.Facts) { f.Specialty = nil; f.Service.Specialty = &referral.Coding{Code: "2WW"} },
		"service's second specialty":    func(f *referral.Facts) { f.Service.Specialty = &referral.Coding{Display: "Oncology"} },
		"service name":                  func(f *referral.Facts) { f.Service.Name = "Urgent Suspected Cancer - Breast" },
		"service name in capitals":      func(f *referral.Facts) { f.Service.Name = "CANCER 2WW SKIN" },
		"spaced out":                    func(f *referral.Facts) { f.Service.Name = "C A N C E R clinic, 2 - W W" },
		"punctuated":                    func(f *referral.Facts) { f.Service.Name = "Can.cer / two_week-wait" },
		"soft hyphen":                   func(f *referral.Facts) { f.Service.Name = "Can\u00adcer clinic" },
		"zero width":                    func(f *referral.Facts) { f.Service.Name = "2\u200bW\u200bW clinic" },
		"full width":                    func(f *referral.Facts) { f.Service.Name = "２ＷＷ clinic" },
		"accents":                       func(f *referral.Facts) { f.Service.Name = "Cáncér clinic" },
		"markup inside":                 func(f *referral.Facts) { f.Service.Name = "can<b>cer</b> clinic" },
		"character references":          func(f *referral.Facts) { f.Service.Name = "c&#97;ncer clinic" },
		"doubled character references":  func(f *referral.Facts) { f.Service.Name = "c&amp;#97;ncer clinic" },
		"lookalike letters":             func(f *referral.Facts) { f.Service.Name = "саnсеr clinic" },
		"beyond the bound":              func(f *referral.Facts) { f.Service.Name = strings.Repeat("Clinic ", 400) + "cancer" },
		"cut by the bound":              func(f *referral.Facts) { f.Service.Name = strings.Repeat("Clinics ", 14) + "cancer clinic" },
		"appointment type":              func(f *referral.Facts) { f.Service.Type = "2WW_CLINIC" },
		"provider name":                 func(f *referral.Facts) { f.Service.Provider.Name = "CLATTERBRIDGE CANCER CENTRE NHS TRUST" },
		"place":                         func(f *referral.Facts) { f.Service.Locations[0].Name = "LEEDS CANCER CENTRE" },
		"part of a place":               func(f *referral.Facts) { f.Service.Locations[0].Name = "ST JAMES'S HOSPITAL (ONCOLOGY)" },
		"referrer":                      func(f *referral.Facts) { f.Referrer.Name = "Macmillan Cancer Team" },
		"referrer without a service":    func(f *referral.Facts) { f.Service = nil; f.Referrer.Name = "Macmillan Cancer Team" },
		"state code":                    func(f *referral.Facts) { f.State = "CANCER_TRACKING" },
		"priority code that nobody has": func(f *referral.Facts) { f.Priority = "SUSPECTED_CANCER"; f.Service.Name = "Lung one" },
		"review kind":                   func(f *referral.Facts) { f.Review = &referral.Review{Kind: "CANCER_REVIEW"} },
		"ods code":                      func(f *referral.Facts) { f.Service.Provider.ODSCode = "CANCER-2WW" },
		"booking reference":             func(f *referral.Facts) { f.BookingReference = "2WW-CANCER" },
		"phone":                         func(f *referral.Facts) { f.Service.Provider.Phone = "cancer desk 123" },
		"manage link":                   func(f *referral.Facts) { f.ManageURL = "https://refer.nhs.uk/2ww/cancer" },
		"id":                            func(f *referral.Facts) { f.ID = "cancer 2ww" },
		"version and source":            func(f *referral.Facts) { f.Version, f.Source = "2ww", "cancer" },
	}
	vs := valueSets(t)
	for name, tell := range telling {
		for _, priority := range []string{"ROUTINE", "URGENT", "TWO_WEEK_WAIT", "", "NEW"} {
			for _, state := range append(allStates(), "NEW") {
				f := atService(state, func(f *referral.Facts) {
					f.Priority = priority
					f.Appointment = appointment(start, 0)
					f.Review = review(referral.ReviewTriage, 2026, time.January, 2)
				})
				tell(&f)
				got := build([]referral.Facts{f}, vs, wording.English, now())
				if found := leaks(t, got); len(found) > 0 {
					t.Errorf("%s, priority %q, state %s: %v", name, priority, state, found)
				}
				if strings.Contains(encode(t, got), "cancer 2ww") {
					t.Errorf("%s: a telling id came through", name)
				}
			}
		}
	}
}

// TestNamesThatNoListHolds has names without any trigger word: where the priority
// is two week wait or unknown, only the allow-list decides.
func TestNamesThatNoListHolds(t *testing.T) {
	for _, priority := range []string{"TWO_WEEK_WAIT", "", "SOMETHING_NEW"} {
		for _, service := range []string{"Lung Clinic", "Prostate Pathway", "Breast Symptomatic", "Dr Smith Thursday List"} {
			r := one(t, atService(referral.StateAwaitingTriage, func(f *referral.Facts) {
				f.Priority = priority
				f.Specialty = &referral.Coding{Code: "NEWCODE", Display: "Chest X-ray follow on"}
				f.Service.Specialty = nil
				f.Service.Name = service
				f.Service.Type = "DIAGNOSTIC"
				f.Service.Locations = []referral.Organisation{{ODSCode: "RR8BB", Name: "BREAST UNIT, ST JAMES'S UNIVERSITY HOSPITAL"}}
			}), now())
			t.Run("only allow-listed words are shown: "+priority+" "+service, func(t *testing.T) {
				if r.Specialty.Display.String() != "Hospital care" || r.Specialty.Code != nil {
					t.Errorf("specialty %s %q", text(r.Specialty.Code), r.Specialty.Display)
				}
				if words(r.Service.Name) != "Hospital clinic" || r.Service.ID != nil || r.Service.Type != nil {
					t.Errorf("service %s, id %s, type %v", words(r.Service.Name), text(r.Service.ID), r.Service.Type)
				}
			})
			t.Run("the citizen still learns where and whom to phone: "+priority+" "+service, func(t *testing.T) {
				place := r.Service.Locations[0]
				if words(place.Name) != "St James's University Hospital" || place.ODSCode != nil {
					t.Errorf("place %s %s", words(place.Name), text(place.ODSCode))
				}
				if text(r.Contact.Phone) != "0113 496 0001" || r.Contact.Name.String() != "Leeds Teaching Hospitals NHS Trust" {
					t.Errorf("contact %q %s", r.Contact.Name, text(r.Contact.Phone))
				}
			})
		}
	}
}

func TestUrgencyStaysVisibleWhenSoftened(t *testing.T) {
	r := one(t, cardiology(func(f *referral.Facts) { f.Priority = "TWO_WEEK_WAIT" }), now())
	if *r.Priority.Code != "urgent" || r.Priority.Display.String() != "Urgent" {
		t.Errorf("priority %s %q", *r.Priority.Code, r.Priority.Display)
	}
	if !strings.HasSuffix(r.State.NextStep.String(), "This referral is urgent, so do this as soon as you can.") {
		t.Errorf("next step %q", r.State.NextStep)
	}
}

func TestOrdinaryReferralsAreNotSoftened(t *testing.T) {
	for _, service := range []string{
		"Chest Pain Clinic", "Hearing Aids and Balance", "Musculoskeletal Service (MSK)", "Muscle clinic",
		"Dr Lumley's Diabetes Clinic", "Vatican Road Physiotherapy", "Cupar House", "St Mary's Stoptober", "Plumpton Eye Unit",
		"Top Floor Fracture Clinic", "Week 2 Follow Up", "Crewe 2 Wards", "Hilltop Stroke Team", "Ysbyty Gwynedd: Clinig Llygaid Ŵyn",
	} {
		r := one(t, atService(referral.StateAwaitingTriage, func(f *referral.Facts) { f.Service.Name = service }), now())
		if words(r.Service.Name) != service || text(r.Specialty.Code) != "CARDIOLOGY" {
			t.Errorf("%q was softened to %s, %q", service, words(r.Service.Name), r.Specialty.Display)
		}
	}
}

func TestASoftenedReferralKeepsAnAllowedSpecialty(t *testing.T) {
	r := one(t, atService(referral.StateAwaitingTriage, func(f *referral.Facts) { f.Priority = "" }), now())
	if text(r.Specialty.Code) != "CARDIOLOGY" || r.Specialty.Display.String() != "Cardiology (heart)" {
		t.Errorf("specialty %s %q", text(r.Specialty.Code), r.Specialty.Display)
	}
	if words(r.Service.Name) != "Hospital clinic" {
		t.Errorf("service %s", words(r.Service.Name))
	}
}

func TestOneTellingCopySoftensTheReferral(t *testing.T) {
	rich := atService(referral.StateAwaitingTriage, nil)
	poor := cardiology(func(f *referral.Facts) { f.Priority = "TWO_WEEK_WAIT"; f.Source = "other" })
	got := build([]referral.Facts{rich, poor}, valueSets(t), wording.English, now())
	if len(got.Referrals) != 1 || words(got.Referrals[0].Service.Name) != "Hospital clinic" {
		t.Errorf("%d referrals, service %s", len(got.Referrals), words(got.Referrals[0].Service.Name))
	}
}

// withFile is the embedded value sets with one file changed.
func withFile(t testing.TB, name string, change func(string) string) fs.FS {
	t.Helper()
	raw, err := fs.ReadFile(valuesets.FS(), name)
	if err != nil {
		t.Fatal(err)
	}
	changed := change(string(raw))
	if changed == string(raw) {
		t.Fatalf("nothing changed in %s", name)
	}
	return valuesets.Over(fstest.MapFS{name: {Data: []byte(changed)}})
}

func replace(before, after string) func(string) string {
	return func(s string) string { return strings.Replace(s, before, after, 1) }
}

func TestADeploymentCanDisclose(t *testing.T) {
	vs, err := load(withFile(t, "disclosure.yaml", replace("disclose: false", "disclose: true")))
	if err != nil {
		t.Fatal(err)
	}
	f := atService(referral.StateAwaitingTriage, func(f *referral.Facts) {
		f.Priority = "TWO_WEEK_WAIT"
		f.Specialty = &referral.Coding{Code: "2WW", Display: "2WW"}
		f.Service.Name = "Suspected Cancer Skin"
	})
	r := build([]referral.Facts{f}, vs, wording.English, now()).Referrals[0]
	if words(r.Service.Name) != "Suspected Cancer Skin" || r.Specialty.Display.String() != "2 week wait" || r.Priority.Display.String() != "Urgent 2 week wait" {
		t.Errorf("service %s, specialty %q, priority %q", words(r.Service.Name), r.Specialty.Display, r.Priority.Display)
	}
	t.Run("and its policy has another version", func(t *testing.T) {
		if plain := valueSets(t); plain.policy.Version() == vs.policy.Version() || plain.Version() == vs.Version() {
			t.Error("the audit log could not tell them apart")
		}
	})
}

func TestOtherSensitiveCare(t *testing.T) {
	f := atService(referral.StateAwaitingTriage, func(f *referral.Facts) {
		f.Specialty = &referral.Coding{Code: "SEXUAL_HEALTH", Display: "Sexual Health"}
		f.Service.Name = "GUM Clinic"
	})
	build := func(t *testing.T, action string) timeline.Referral {
		t.Helper()
		vs, err := load(withFile(t, "disclosure.yaml", func(s string) string {
			return strings.Replace(s, "sexual_health:\n    action: soften", "sexual_health:\n    action:  "+action, 1)
		}))
		if err != nil {
			t.Fatal(err)
		}
		return build([]referral.Facts{f}, vs, wording.English, now()).Referrals[0]
	}
	t.Run("is softened as the policy stands", func(t *testing.T) {
		r := one(t, f, now())
		if r.Specialty.Display.String() != "Hospital care" || words(r.Service.Name) != "Hospital clinic" || r.Service.Provider == nil {
			t.Errorf("specialty %q, service %s, provider %v", r.Specialty.Display, words(r.Service.Name), r.Service.Provider)
		}
	})
	t.Run("can be shown", func(t *testing.T) {
		if r := build(t, "show"); r.Specialty.Display.String() != "Sexual health" || words(r.Service.Name) != "GUM Clinic" {
			t.Errorf("specialty %q, service %s", r.Specialty.Display, words(r.Service.Name))
		}
	})
	t.Run("can be hidden with provider and places", func(t *testing.T) {
		r := build(t, "hide")
		if r.Service.Provider != nil || len(r.Service.Locations) != 0 || r.Contact.Role != "referrer" {
			t.Errorf("provider %v, places %v, contact %v", r.Service.Provider, r.Service.Locations, r.Contact)
		}
	})
}

func FuzzServiceName(f *testing.F) {
	for _, seed := range []string{
		"Cardiology", "2WW", "c a n c e r", "Can\u200dcer", "<i>2</i>ww", "&#50;WW", "ＣＡＮＣＥＲ", "\xff\xfe", "\u202ecnac",
		strings.Repeat("a", 5000), "саnсеr", "onco\nlogy", "é́́́", "&amp;amp;amp;amp;lt;b&gt;",
	} {
		f.Add(seed, seed)
	}
	vs := valueSets(f)
	f.Fuzz(func(t *testing.T, service, place string) {
		facts := atService(referral.StateAwaitingTriage, func(f *referral.Facts) {
			f.Service.Name = service
			f.Service.Locations[0].Name = place
		})
		got := build([]referral.Facts{facts}, vs, wording.English, now())
		if found := leaks(t, got); len(found) > 0 {
			t.Errorf("leaks: %v", found)
		}
		checkClean(t, got)
	})
}
