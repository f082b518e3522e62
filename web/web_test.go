package web_test

import (
	"strings"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/referral"
	"github.com/patient-care-aggregator/aggregator/internal/timeline"
	"github.com/patient-care-aggregator/aggregator/internal/wording"
	"github.com/patient-care-aggregator/aggregator/web"
)

func pages(t *testing.T, change ...func(*web.Site)) *web.Pages {
	t.Helper()
	site := web.Site{Operator: "Leeds Test Trust", Contact: "help@example.org"}
	for _, c := range change {
		c(&site)
	}
	p, err := web.New(site)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func render(t *testing.T, p *web.Pages, page web.Page) string {
	t.Helper()
	text, err := p.Render(web.Frame{}, page)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// hostile is a name that would like to be a part of the page.
const hostile = `<script>alert("x")</script>"onmouseover='x'`

func pointer(s string) *string { return &s }

// said is the hostile name where words are expected.
func said() wording.Text { return wording.Name(hostile) }

func saidToo() *wording.Text { t := said(); return &t }

func hostileTimeline() timeline.Timeline {
	return timeline.Timeline{
		Summary: timeline.Summary{Text: said()},
		Referrals: []timeline.Referral{{
			ID: `"><script>`, BookingReference: pointer(hostile), Specialty: &timeline.Coded{Display: said()},
			Priority: timeline.Coded{Code: pointer("urgent"), Display: said()},
			State:    timeline.State{Title: said(), Description: said(), NextStep: said()},
			Referrer: &timeline.Place{Name: saidToo()},
			Service: &timeline.Service{
				Name: saidToo(), Type: &timeline.Coded{Display: said()}, Provider: &timeline.Place{Name: saidToo()},
				Locations: []timeline.Place{{Name: saidToo()}},
			},
			Contact:     timeline.Contact{Name: said(), Phone: pointer("javascript:alert(1)"), Note: saidToo()},
			Appointment: &timeline.Appointment{ID: `"><script>`, Start: pointer("2026-03-02T10:00:00Z"), DisplayDate: saidToo(), DisplayTime: saidToo()},
			ManageURL:   pointer("javascript:alert(1)"),
		}},
		Notices: []timeline.Notice{{Message: said()}},
		Events:  []timeline.Event{{ReferralID: `"><script>`, Title: said(), Detail: saidToo(), DisplayDate: saidToo()}},
	}
}

func TestWhatStrangersWroteStaysText(t *testing.T) {
	t.Parallel()
	text := render(t, pages(t), web.Timeline{
		Told:    hostileTimeline(),
		Sources: []web.Source{{Name: hostile, Issue: said()}},
	})
	for _, alive := range []string{"<script", `"onmouseover`, `href="javascript:`, `href="tel:javascript`} {
		if strings.Contains(text, alive) {
			t.Errorf("the page has %s", alive)
		}
	}
	if n := strings.Count(text, "&lt;script&gt;"); n < 15 {
		t.Errorf("only %d of the words are on the page: something was dropped", n)
	}
}

func TestAFailureNeverLooksLikeNothing(t *testing.T) {
	t.Parallel()
	nothing := timeline.Timeline{Summary: timeline.Summary{Text: wording.Name("You have no referrals to show")}}
	for name, c := range map[string]struct {
		page     web.Timeline
		has, not string
	}{
		"all is well and there is nothing": {web.Timeline{Told: nothing, Complete: true}, "You have no referrals to show", "does not mean"},
		"something is missing":             {web.Timeline{Told: nothing}, "This does not mean that you have none.", "You have no referrals to show"},
	} {
		t.Run(name, func(t *testing.T) {
			text := render(t, pages(t), c.page)
			if !strings.Contains(text, c.has) || strings.Contains(text, c.not) {
				t.Errorf("want %q and not %q: %s", c.has, c.not, text)
			}
		})
	}
}

func TestEveryPageSaysWhoRunsTheService(t *testing.T) {
	t.Parallel()
	for name, page := range map[string]web.Page{
		"start": web.Start{}, "timeline": web.Timeline{}, "consent": web.Consent{}, "problem": web.Problem{},
		"no consent": web.Problem{SharingDeclined: true},
	} {
		text := render(t, pages(t), page)
		if !strings.Contains(text, "Run by Leeds Test Trust. Contact: <a href=\"mailto:help@example.org\">") {
			t.Errorf("%s: it does not", name)
		}
		if strings.Contains(text, "test system") {
			t.Errorf("%s: a real system says that it is a test", name)
		}
		if n := strings.Count(text, "<h1>"); n != 1 {
			t.Errorf("%s: %d headings of the first level", name, n)
		}
		if test := render(t, pages(t, func(s *web.Site) { s.TestSystem = true }), page); !strings.Contains(test, "This is a test system with made-up people") {
			t.Errorf("%s: a test system does not say so", name)
		}
	}
	if _, err := web.New(web.Site{Operator: "Somebody"}); err == nil {
		t.Error("pages without a contact were made")
	}
}

func TestAContactThatIsNoAddressStaysWords(t *testing.T) {
	t.Parallel()
	for contact, want := range map[string]string{
		"0113 496 0000 on weekdays": "Contact: 0113 496 0000 on weekdays",
		"https://help.example.org":  `Contact: <a href="https://help.example.org">`,
		"javascript:alert(1)":       "Contact: javascript:alert(1)",
		"mail us @ the desk":        "Contact: mail us @ the desk",
	} {
		if text := render(t, pages(t, func(s *web.Site) { s.Contact = contact }), web.Start{}); !strings.Contains(text, want) {
			t.Errorf("%q: the page does not have %q", contact, want)
		}
	}
}

func TestTheNoticeIsRenderedWithoutHTML(t *testing.T) {
	t.Parallel()
	n, err := web.NewNotice("2026-11-01", "en", "# Title\n\n## Part\n\n<script>x</script>\n\n[a](javascript:x) [b](https://ico.org.uk)\n\n- *one*")
	if err != nil {
		t.Fatal(err)
	}
	text := string(n.HTML)
	for _, want := range []string{"<h2>Title</h2>", "<h3>Part</h3>", "<em>one</em>", `href="https://ico.org.uk"`} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in %s", want, text)
		}
	}
	for _, bad := range []string{"<script", "javascript:", "<h1"} {
		if strings.Contains(text, bad) {
			t.Errorf("%s in %s", bad, text)
		}
	}
}

func TestTimesAreInNHSStyle(t *testing.T) {
	t.Parallel()
	at := func(hour, minute int) time.Time { return time.Date(2025, 8, 6, hour, minute, 0, 0, time.UTC) }
	for want, clock := range map[string]time.Time{
		"midnight": at(0, 0), "12:05am": at(0, 5), "9am": at(9, 0), "midday": at(12, 0), "2:30pm": at(14, 30),
	} {
		if got := web.Clock(clock); got != want {
			t.Errorf("%s: %s", want, got)
		}
	}
	if got := web.Day(at(0, 0)); got != "Wednesday 6 August 2025" {
		t.Error(got)
	}
}

func TestProgressIsInWordsAndNeverSaysThatAnybodyAttended(t *testing.T) {
	t.Parallel()
	for _, phase := range []referral.Phase{
		referral.PhaseReferred, referral.PhaseWithService, referral.PhaseBooked, referral.PhasePassed, referral.PhaseReturned,
		referral.PhaseNotAccepted, referral.PhaseCancelled, referral.PhaseUnknown, "a phase of next year",
	} {
		text := render(t, pages(t), web.Timeline{Complete: true, Told: timeline.Timeline{Referrals: []timeline.Referral{{State: timeline.State{Phase: phase}}}}})
		if n := strings.Count(text, `aria-current="step"`); n != 1 {
			t.Errorf("%s: the referral stands at %d places", phase, n)
		}
		if n := strings.Count(text, `<span class="place">Now</span>`); n != 1 {
			t.Errorf("%s: %d places are marked in words", phase, n)
		}
		if strings.Contains(strings.ToLower(text), "attend") {
			t.Errorf("%s: the page says that somebody attended", phase)
		}
	}
}

func TestOnlyANumberCanBeDialled(t *testing.T) {
	t.Parallel()
	for phone, want := range map[string]string{
		"0113 496 0100": `href="tel:01134960100"`, "+44 (0)113 496 0100": `href="tel:&#43;441134960100"`,
		"0113 496 0100 ext 5": "Phone 0113 496 0100 ext 5", "ask at the desk": "Phone ask at the desk",
	} {
		text := render(t, pages(t), web.Timeline{Complete: true, Told: timeline.Timeline{Referrals: []timeline.Referral{{Contact: timeline.Contact{Phone: &phone}}}}})
		if !strings.Contains(text, want) {
			t.Errorf("%s: the page does not have %s", phone, want)
		}
	}
}
