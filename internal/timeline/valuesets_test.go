package timeline_test

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/patient-care-aggregator/aggregator/internal/wording"
	"github.com/patient-care-aggregator/aggregator/valuesets"
)

func faults(err error) []*wording.Fault {
	var found []*wording.Fault
	var walk func(error)
	walk = func(err error) {
		switch e := err.(type) { //nolint:errorlint // every branch of the joined error is walked
		case nil:
		case *wording.Fault:
			found = append(found, e)
		case interface{ Unwrap() []error }:
			for _, inner := range e.Unwrap() {
				walk(inner)
			}
		default:
			walk(errors.Unwrap(err))
		}
	}
	walk(err)
	return found
}

// TestLoadRefuses edits one file of the embedded sets and wants the fault reported
// with its file, the right line, and a reason that an editor understands.
func TestLoadRefuses(t *testing.T) {
	for _, tt := range []struct {
		name, file    string
		before, after string
		line          string // text of the line that the fault must name
		reason        string
	}{
		{"a state without words", "states.yaml", "  NOT_BOOKED:\n", "  NOT_BOOKED_ANY_MORE:\n", "states:", "NOT_BOOKED: the entry is missing"},
		{"a state that nobody can be in", "states.yaml", "states:\n", "states:\n  LOST: {title: {en: x}, description: {en: x}, next_step: {en: x}}\n", "  LOST:", "no referral can be in this state"},
		{"a phrase without English", "states.yaml", "      en: Ready to book\n", "", "    title:", "English words are missing"},
		{"a slot that has no meaning", "states.yaml", "Your referral is ready.", "Your referral is ready {when}.", "Your referral is ready {when}.", "slot {when}"},
		{"a slot that is missing", "states.yaml", "Your appointment is on {date} at {time}.", "Your appointment is on {date}.", "Your appointment is on {date}.", "slot {time} is missing"},
		{"a slot that is not closed", "states.yaml", "Your appointment is on {date}", "Your appointment is on {date", "Your appointment is on {date ", "slot {date at {time} has no meaning"},
		{"markup in a phrase", "states.yaml", "Hospital staff are arranging what", "Hospital staff are <b>arranging</b> what", "<b>arranging", "markup"},
		{"a label in a phrase", "states.yaml", "Hospital staff are arranging what", "Cancer staff are arranging what", "Cancer staff", "disclosure policy forbids"},
		{"a field that does not exist", "states.yaml", "    next_step:\n      en: Book", "    next_stop:\n      en: Book", "next_stop", "unknown field"},
		{"the same key twice", "priorities.yaml", "  URGENT:", "  ROUTINE: # again", "# again", "already defined"},
		{"text that is not YAML", "priorities.yaml", "priorities:", "priorities: [", "", ""},
		{"a language that nobody listed", "reviews.yaml", "due: {en:", "due: {fr: Le personnel, en:", "fr: Le personnel", "not listed under languages"},
		{"a language that nobody knows", "reviews.yaml", "languages:\n", "languages:\n  fr: {reviewed: true}\n", "fr: {reviewed", "language is not known"},
		{"a file without a version", "reviews.yaml", `version: "2026.11.2"`, `version: ""`, `version: ""`, "version"},
		{"a priority that shows as nothing known", "priorities.yaml", "show: routine", "show: relaxed", "show: relaxed", "routine or urgent"},
		{"a missing priority", "priorities.yaml", "  TWO_WEEK_WAIT:", "  OTHER:", "priorities:", "TWO_WEEK_WAIT: the entry is missing"},
		{"two specialties with the same words", "specialties.yaml", "{en: Anaesthetics, cy:", "{en: Audiology (hearing and balance), cy:", "AUDIOLOGY:", "same words"},
		{"a missing phrase", "phrases.yaml", "  midday:", "  issue_midday:", "phrases:", "midday: the phrase is missing"},
		{"a phrase that nobody says", "phrases.yaml", "  midday:", "  noon: {en: noon}\n  midday:", "  noon:", "nothing is said by this name"},
		{"a week of six days", "phrases.yaml", "[Sunday, Monday,", "[Sunday,", "en: [Sunday,", "wrong length"},
		{"a problem without words", "problems.yaml", "  csrf:\n", "  crsf:\n", "problems:", "csrf: the entry is missing"},
		{"a problem that does not exist", "problems.yaml", "  csrf:\n", "  crsf:\n", "  crsf:", "no problem has this code"},
		{"a problem that tells", "problems.yaml", "en: Check the address.", "en: Check the oncology address.", "oncology", "disclosure policy forbids"},
		{"a detail that nothing uses", "problems.yaml", "  maintenance:", "  closed: {en: Closed.}\n  maintenance:", "  closed:", "nothing is said by this name"},
		{"an entry of the access log without words", "access-log.yaml", "  sign_out:", "  signed_off:", "what:", "sign_out: the entry is missing"},
		{"an entry of the access log that forgets the app", "access-log.yaml", "The permission for {app} was taken", "The permission was taken", "The permission was taken", "slot {app} is missing"},
		{"a reason that tells", "access-log.yaml", "en: To show you this list.", "en: To show you the cancer list.", "cancer list", "disclosure policy forbids"},
		{"a policy that does not say whether it discloses", "disclosure.yaml", "  disclose: false\n", "", "suspected_cancer:", "say true or false"},
		{"a policy that forgets the two week wait", "disclosure.yaml", "priorities: [TWO_WEEK_WAIT]", "priorities: []", "priorities: []", "TWO_WEEK_WAIT must be among them"},
		{"a trigger that would match everything", "disclosure.yaml", "      - 2ww\n", "      - 2ww\n      - a\n", "    anywhere:", "too short"},
		{"a trigger without letters", "disclosure.yaml", "      - usc\n", "      - '-'\n", "    whole_words:", "not a word"},
		{"an action that does not exist", "disclosure.yaml", "action: soften", "action: blur", "action: blur", "show, soften or hide"},
		{"an allowed specialty that tells", "disclosure.yaml", "    - ALLERGY\n", "    - CLINICAL_ONCOLOGY\n", "  specialties:\n    - CLINICAL", "forbids CLINICAL_ONCOLOGY"},
		{"an allowed specialty that does not exist", "disclosure.yaml", "    - ALLERGY\n", "    - ALLERGIES\n", "  specialties:\n    - ALLERGIES", "no specialty has the code"},
		{"softened words that tell", "disclosure.yaml", "service: {en: Hospital clinic", "service: {en: Oncology clinic", "service: {en: Onc", "forbids"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			fsys := withFile(t, tt.file, replace(tt.before, tt.after))
			_, err := load(fsys)
			found := faults(err)
			if len(found) == 0 {
				t.Fatalf("loaded, or an error without faults: %v", err)
			}
			raw, readErr := fs.ReadFile(fsys, tt.file)
			if readErr != nil {
				t.Fatal(readErr)
			}
			want := 0
			if i := strings.Index(string(raw), tt.line); tt.line != "" && i >= 0 {
				want = 1 + strings.Count(string(raw[:i]), "\n")
			}
			for _, f := range found {
				if f.File == tt.file && strings.Contains(f.Reason, tt.reason) && (want == 0 || f.Line == want || strings.HasPrefix(f.Reason, "[")) {
					return
				}
			}
			t.Errorf("want line %d and %q, got:\n%v", want, tt.reason, err)
		})
	}
	t.Run("a missing file", func(t *testing.T) {
		files, err := fs.ReadDir(valuesets.FS(), ".")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := load(fstest.MapFS{}); len(faults(err)) != len(files) || !strings.Contains(err.Error(), "states.yaml: the file is missing") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("a misspelt override", func(t *testing.T) {
		_, err := load(valuesets.Over(fstest.MapFS{"disclsoure.yaml": {Data: []byte("version: x")}}))
		if found := faults(err); len(found) != 1 || found[0].File != "disclsoure.yaml" {
			t.Errorf("got %v", err)
		}
	})
	t.Run("all faults at once", func(t *testing.T) {
		_, err := load(withFile(t, "states.yaml", func(s string) string {
			return strings.NewReplacer("Ready to book", "<b>", "Being reviewed", "\"{x}\"").Replace(s)
		}))
		if n := len(faults(err)); n != 2 {
			t.Errorf("%d faults, want 2: %v", n, err)
		}
	})
	t.Run("a file too large to be meant", func(t *testing.T) {
		_, err := load(withFile(t, "reviews.yaml", func(s string) string { return s + strings.Repeat("# padding\n", 200_000) }))
		if found := faults(err); len(found) != 1 || !strings.Contains(found[0].Reason, "larger than") {
			t.Errorf("got %v", err)
		}
	})
}

func TestVersions(t *testing.T) {
	first := valueSets(t)
	t.Run("the same files have the same version", func(t *testing.T) {
		if again := valueSets(t); again.Version() != first.Version() || again.policy.Version() != first.policy.Version() {
			t.Error("the version is not that of the content")
		}
	})
	t.Run("one changed word changes the version and not the policy's", func(t *testing.T) {
		vs, err := load(withFile(t, "states.yaml", replace("Ready to book", "Ready for booking")))
		if err != nil {
			t.Fatal(err)
		}
		if vs.Version() == first.Version() || vs.policy.Version() != first.policy.Version() {
			t.Errorf("version %s, policy %s", vs.Version(), vs.policy.Version())
		}
	})
	t.Run("the policy's version begins with the declared one", func(t *testing.T) {
		if !strings.HasPrefix(first.policy.Version(), "2026.11.2-") {
			t.Error(first.policy.Version())
		}
	})
}

func TestMountedConfigurationLoads(t *testing.T) {
	// Kubernetes mounts hidden folders next to the files.
	_, err := load(valuesets.Over(fstest.MapFS{"..data/states.yaml": {Data: []byte("x")}, ".hidden.yaml": {Data: []byte("x")}}))
	if err != nil {
		t.Error(err)
	}
}
