package pages_test

import (
	"bytes"
	"flag"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/patient-care-aggregator/aggregator/internal/local"
	"github.com/patient-care-aggregator/aggregator/internal/sandbox"
	"github.com/patient-care-aggregator/aggregator/tests/harness"
)

var update = flag.Bool("update", false, "write the golden file") //nolint:gochecknoglobals // a flag

// ending is a way in which a sign-in or a session ends, up to the page that a person
// then has in front of them.
type ending struct {
	name string
	end  func(s *harness.Service, p *harness.Visitor) local.Answer
}

func turnedAway(citizen string) func(*harness.Service, *harness.Visitor) local.Answer {
	return func(_ *harness.Service, p *harness.Visitor) local.Answer { return p.SignIn(citizen, "/timeline") }
}

func refusedBy(code string) func(*harness.Service, *harness.Visitor) local.Answer {
	return func(_ *harness.Service, p *harness.Visitor) local.Answer {
		begun := p.Visit("/auth/login?return_to=/timeline")
		at, err := url.Parse(begun.Header.Get("Location"))
		if err != nil {
			p.T.Fatal(err)
		}
		return p.Open("/auth/callback?" + url.Values{"error": {code}, "state": {at.Query().Get("state")}}.Encode())
	}
}

// after is what a citizen who reads their timeline finds when they go on reading it.
func after(what func(*harness.Service, *harness.Visitor)) func(*harness.Service, *harness.Visitor) local.Answer {
	return func(s *harness.Service, p *harness.Visitor) local.Answer {
		p.Consented("bella")
		harness.Page(p.T, p.Open("/timeline"), http.StatusOK, "Your referrals")
		what(s, p)
		return p.Open("/timeline")
	}
}

func faulty(f sandbox.Fault) func(*harness.Service, *harness.Visitor) local.Answer {
	return func(s *harness.Service, p *harness.Visitor) local.Answer {
		defer s.Sandbox.Order(f)()
		return p.SignIn("bella", "/timeline")
	}
}

func endings() []ending {
	return []ending{
		{"signed out", func(_ *harness.Service, p *harness.Visitor) local.Answer {
			p.Consented("bella")
			p.Send("/auth/logout", nil)
			return p.Open("/")
		}},
		{"half an hour unused", after(func(s *harness.Service, _ *harness.Visitor) { s.Clock.Advance(31 * time.Minute) })},
		{"twelve hours", after(func(s *harness.Service, p *harness.Visitor) {
			for range 36 {
				s.Clock.Advance(20 * time.Minute)
				p.Open("/consent")
			}
			s.Clock.Advance(time.Minute)
		})},
		{"consent withdrawn", after(func(_ *harness.Service, p *harness.Visitor) {
			page := p.Open("/consent")
			p.Send("/consent", url.Values{"action": {"withdraw"}, "client": {"web"}, "id": {harness.Field(p.T, page, "id")}})
		})},
		{"a cookie of no session", func(s *harness.Service, p *harness.Visitor) local.Answer {
			at, err := url.Parse(s.URL)
			if err != nil {
				p.T.Fatal(err)
			}
			p.Cookies().SetCookies(at, []*http.Cookie{{Name: "pca_session", Value: strings.Repeat("A", 43), Path: "/"}})
			return p.Open("/timeline")
		}},
		{"does not share", func(_ *harness.Service, p *harness.Visitor) local.Answer {
			return p.Must(p.SignInWith(p.T.Context(), url.Values{"sandbox_citizen": {"bella"}, "sandbox_answer": {"decline"}}, "/timeline"))
		}},
		{"identity proved to P5", turnedAway("pip")},
		{"identity not proved", turnedAway("zara")},
		{"signed in with a password alone", turnedAway("cosmo")},
		{"no NHS number", turnedAway("nemo")},
		{"aged 15", turnedAway("yusuf")},
		{"no date of birth", turnedAway("noah")},
		{"NHS login says access_denied", refusedBy("access_denied")},
		{"NHS login says server_error", refusedBy("server_error")},
		{"a way back that began nowhere", func(_ *harness.Service, p *harness.Visitor) local.Answer {
			return p.Open("/auth/callback?code=x&state=y")
		}},
		{"NHS login is down before", func(s *harness.Service, p *harness.Visitor) local.Answer {
			defer s.Sandbox.Order(sandbox.Fault{Kind: sandbox.HTML502, Upstream: sandbox.NHSLogin, Operation: "discovery"})()
			return p.Open("/auth/login?return_to=/timeline")
		}},
		{"NHS login is down behind", faulty(sandbox.Fault{Kind: sandbox.HTML502, Upstream: sandbox.NHSLogin, Operation: "token"})},
		{"a token of somebody else's sign-in", faulty(sandbox.Fault{Kind: sandbox.WrongNonce})},
		{"the platform is down", after(func(s *harness.Service, p *harness.Visitor) {
			s.Clock.Advance(20 * time.Minute)
			p.T.Cleanup(s.Sandbox.Order(sandbox.Fault{Kind: sandbox.HTML502, Upstream: sandbox.Platform}))
		})},
		{"another person's data", func(_ *harness.Service, p *harness.Visitor) local.Answer {
			p.Consented("olive")
			return p.Open("/timeline")
		}},
	}
}

// TestEveryEndingIsTrueAndHasAWayOn shows people how each sign-in and session ended; what
// it says is for a reader of the golden file to judge. Each ending must have a way on,
// and be the same when the page is loaded again.
func TestEveryEndingIsTrueAndHasAWayOn(t *testing.T) {
	t.Parallel()
	var told bytes.Buffer
	for _, e := range endings() {
		t.Run(e.name, func(t *testing.T) {
			s := start(t)
			p := s.Person(t)
			page := e.end(s, p)
			text := visible(page.Body)
			if !strings.HasPrefix(page.URL, s.URL) {
				text = "at NHS login\n"
			}
			fmt.Fprintf(&told, "## %s: %d\n%s\n", e.name, page.Status, text)
			ways := 0
			for _, link := range regexp.MustCompile(`href="([^"]*)"`).FindAllSubmatch(mainOf(page.Body), -1) {
				if !strings.HasPrefix(string(link[1]), "#") {
					ways++
				}
			}
			if ways == 0 && !strings.Contains(string(page.Body), "<form") {
				t.Error("there is no way on")
			}
			if strings.Contains(page.URL, "/auth/callback") {
				again := p.Open(strings.TrimPrefix(page.URL, s.URL))
				if got := visible(again.Body); got != text {
					t.Errorf("loaded again, it says:\n%s", got)
				}
			}
		})
	}
	path := filepath.Join("testdata", "endings.txt")
	if *update {
		if err := os.WriteFile(path, told.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(string(want), told.String()); diff != "" {
		t.Errorf("not as golden (-want +got); -update writes the new one:\n%s", diff)
	}
}

func mainOf(page []byte) []byte { return regexp.MustCompile(`(?s)<main.*</main>`).Find(page) }

// visible is the text of a page's main part, with where its links lead.
func visible(page []byte) string {
	text := string(mainOf(page))
	for _, change := range [][2]string{
		{`(?s)<p[^>]*>\s*Reference.*?</p>`, ""}, // of the request
		{`<a [^>]*href="([^"]*)"[^>]*>`, "[$1] "},
		{`</(h1|h2|h3|p|li|button|dt|dd)>`, "\n"},
		{`<[^>]*>`, ""},
		{`[ \t]+`, " "},
		{`(?m)^ | $`, ""},
		{`\n\n+`, "\n"},
		{`[0-9a-f]{8}-[0-9a-f-]{27}`, "REFERENCE"},
	} {
		text = regexp.MustCompile(change[0]).ReplaceAllString(text, change[1])
	}
	return html.UnescapeString(strings.TrimSpace(text)) + "\n"
}
