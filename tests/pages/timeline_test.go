package pages_test

import (
	"database/sql"
	"encoding/json"
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"
	_ "modernc.org/sqlite" // to break the log as a full disk would

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/sandbox"
	"github.com/patient-care-aggregator/aggregator/internal/store"
	"github.com/patient-care-aggregator/aggregator/tests/harness"
)

// labels are what no page may carry, squeezed to letters and digits. They are
// written here again, not read from the policy under test.
func labels() []string {
	return []string{
		"2ww", "2week", "twoweek", "cancer", "oncolog", "suspected", "tumour", "carcinoma", "malignan",
		"melanoma", "lymphoma", "rapidaccess", "nodule", "fasttrack", "palliative", "macmillan",
	}
}

func squeeze(s string) string {
	return strings.Map(func(r rune) rune {
		if r = unicode.ToLower(r); r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, norm.NFKD.String(s))
}

type person struct {
	Name, Given, Family, NHSNumber string
}

func everybody(t *testing.T, s *harness.Service) []person {
	t.Helper()
	a := s.Visitor(t, "application/json").Open(s.Sandbox.URL() + "/sandbox/citizens")
	var all struct{ Citizens []person }
	if err := json.Unmarshal(a.Body, &all); err != nil || len(all.Citizens) < 40 {
		t.Fatalf("the sandbox has %d citizens: %v", len(all.Citizens), err)
	}
	return all.Citizens
}

// TestNoPageShowsWhatItMustNot makes the journey of every citizen of the sandbox.
func TestNoPageShowsWhatItMustNot(t *testing.T) {
	t.Parallel()
	s := start(t)
	ids := regexp.MustCompile(`(referral-|orphan-|/v1/referrals/|/v1/appointments/|value="|/assets/)[A-Za-z0-9_.-]+`)
	shown := 0
	for _, citizen := range everybody(t, s) {
		t.Run(citizen.Name, func(t *testing.T) {
			v := s.Person(t)
			page := v.SignIn(citizen.Name, "/consent?return_to=/timeline")
			if strings.Contains(string(page.Body), `name="scopes"`) {
				v.Send("/consent", harness.Agreeing(t, page, "timeline:read"))
				page = v.Open("/timeline")
			}
			if page.Status < http.StatusMultipleChoices {
				shown++
			}
			if page.Header.Get("Content-Type") != "text/html; charset=utf-8" {
				t.Fatalf("status %d, no page: %s", page.Status, page.Body)
			}
			text := html.UnescapeString(string(ids.ReplaceAll(page.Body, nil)))
			for _, line := range strings.Split(text, "\n") {
				for _, label := range labels() {
					if strings.Contains(squeeze(line), label) {
						t.Errorf("the page shows %q: %s", label, line)
					}
				}
			}
			digits := strings.NewReplacer(" ", "", "-", "").Replace(text)
			if citizen.NHSNumber != "" && strings.Contains(digits, citizen.NHSNumber) {
				t.Error("the page shows the NHS number")
			}
			if strings.Contains(text, citizen.Family) {
				t.Error("the page shows the family name")
			}
		})
	}
	if shown < 30 {
		t.Errorf("only %d citizens saw their timeline", shown)
	}
}

func TestAPageWithDataIsLoggedLikeAnAnswer(t *testing.T) {
	t.Parallel()
	s := start(t)
	p := s.Person(t)
	p.Consented("sunny")
	id := "6a1d0f62-9a0e-4a53-9d0c-0f3c1b5d7e11"
	harness.Page(t, p.Visit("/timeline", "X-Correlation-ID", id), http.StatusOK, "Your referrals")
	s.Clock.Advance(10 * time.Second) // a younger reading is not asked for again
	p.Send("/timeline/refresh", nil, "X-Correlation-ID", "7a1d0f62-9a0e-4a53-9d0c-0f3c1b5d7e11")

	db, err := store.OpenBeside(t.Context(), s.Env["PCA_DATABASE_URL"], store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	records, err := db.Log().Records(t.Context(), -1, 1000)
	if err != nil {
		t.Fatal(err)
	}
	var released, asked []audit.Entry
	for _, r := range records {
		e, err := r.Entry()
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case r.Opening.Correlation == nil:
		case r.Opening.Correlation.ID == id && e.Kind == audit.DataReleased:
			released = append(released, e)
		case r.Opening.Correlation.ID[0] == '7' && e.Kind == audit.UpstreamAsked:
			asked = append(asked, e)
		}
	}
	if len(released) != 1 || released[0].Purpose != "timeline-page" || released[0].Referrals != 4 || released[0].Digest == "" || released[0].Consent == "" {
		t.Errorf("the page's entry is %+v", released)
	}
	if len(asked) != 1 {
		t.Errorf("checking again asked e-RS, and the log has %d entries about it", len(asked))
	}
}

func TestAPageThatCannotBeLoggedIsNotShown(t *testing.T) {
	t.Parallel()
	s := start(t)
	p := s.Person(t)
	p.Consented("bella")
	harness.Page(t, p.Visit("/timeline"), http.StatusOK, "Your referrals")

	path := s.DatabasePath()
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.ExecContext(t.Context(), `CREATE TRIGGER full BEFORE INSERT ON log_leaves BEGIN SELECT RAISE(ABORT, 'no room'); END`)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	page := p.Visit("/timeline")
	harness.Page(t, page, http.StatusServiceUnavailable, "Not available right now")
	for _, secret := range []string{"Cardiology", "11 March", "Appointment booked", "0113"} {
		if harness.Says(page, secret) {
			t.Errorf("a page that is not in the log shows %q", secret)
		}
	}
}

func TestWhatIsMissingIsSaidFirst(t *testing.T) {
	t.Parallel()
	s := start(t)
	for name, c := range map[string]struct {
		citizen, words string
	}{
		"a referral that cannot be read": {"gus", "We could not show 1 referral."},
		"a clinic that cannot be found":  {"sid", "We could not show the clinic for 2 referrals."},
	} {
		t.Run(name, func(t *testing.T) {
			p := s.Person(t)
			p.Consented(c.citizen)
			page := p.Visit("/timeline")
			harness.Page(t, page, http.StatusMultiStatus, "Your referrals")
			trouble, card := strings.Index(string(page.Body), "Some information is missing"), strings.Index(string(page.Body), `<article class="card`)
			if trouble < 0 || card < trouble || !harness.Says(page, c.words) {
				t.Errorf("what is missing is not said before all else: %s", page.Body)
			}
		})
	}
	t.Run("an older reading says how old it is", func(t *testing.T) {
		p := s.Person(t)
		p.Consented("indira")
		p.Visit("/timeline")
		defer s.Sandbox.Order(sandbox.Fault{Kind: sandbox.HTML502, Upstream: sandbox.ERS})()
		harness.Redirected(t, p.Send("/timeline/refresh", nil), "/timeline")
		s.Clock.Advance(5 * time.Minute) // beyond what is fresh
		page := p.Visit("/timeline")
		harness.Page(t, page, http.StatusMultiStatus, "Your referrals")
		if !harness.Says(page, "We show what we had from 10am on Monday 2 March 2026.") {
			t.Errorf("the page does not say that it is old: %s", page.Body)
		}
	})
}

func TestNothingIsSaidKindlyAndOnlyWhenItIsTrue(t *testing.T) {
	t.Parallel()
	s := start(t)
	p := s.Person(t)
	p.Consented("nora")
	page := p.Visit("/timeline")
	harness.Page(t, page, http.StatusOK, "Your referrals")
	if !harness.Says(page, "You have no referrals to show") || !harness.Says(page, "phone your GP surgery") {
		t.Errorf("the empty timeline does not say so: %s", page.Body)
	}
}

// Pages are in English until all of a page is translated: half a page in Welsh serves
// nobody.
func TestAPageIsInOneLanguage(t *testing.T) {
	t.Parallel()
	s := start(t)
	p := s.Person(t)
	p.Consented("bella")
	for _, path := range []string{"/timeline", "/no-such-page"} {
		page := p.Visit(path, "Accept-Language", "cy")
		if !harness.Says(page, `<html lang="en">`) || harness.Says(page, `lang="cy"`) || page.Header.Get("Content-Language") != "en" {
			t.Errorf("%s is in two languages: %s", path, page.Body)
		}
	}
}
