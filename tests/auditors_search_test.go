package tests_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/subject/subjecttest"
	"github.com/patient-care-aggregator/aggregator/tests/harness"
)

func TestAnExportOpensWhereAnAuditorWantsIt(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	s.Consented("bella").Get("/v1/timeline")
	b := s.Auditor("ada")
	for format, c := range map[string]struct{ kind, begins, name string }{
		"csv":    {"text/csv; charset=utf-8; header=present", "\ufeffseq,at,kind,", "audit.csv"},
		"fhir":   {"application/fhir+ndjson", `{"id":"log-`, "audit-fhir.ndjson"},
		"ndjson": {"application/x-ndjson", `{"auditExport":2,`, "audit.ndjson"},
		"json":   {"application/json; charset=utf-8", `{"entries":[`, ""},
	} {
		a := b.Get("/audit/v1/entries?kind=data_released&format=" + format)
		harness.Answered(t, a, http.StatusOK)
		if got := a.Header.Get("Content-Type"); got != c.kind || !strings.HasPrefix(string(a.Body), c.begins) || !strings.Contains(a.Header.Get("Content-Disposition"), c.name) {
			t.Errorf("%s: %s, %s: %.200s", format, got, a.Header.Get("Content-Disposition"), a.Body)
		}
		if !strings.Contains(string(a.Body), "data_released") && !strings.Contains(string(a.Body), "timeline") {
			t.Errorf("%s: the entry is not in it: %s", format, a.Body)
		}
	}
	harness.Refused(t, b.Get("/audit/v1/entries?format=xls"), http.StatusBadRequest, "bad_request")
	harness.Refused(t, b.Get("/audit/v1/entries?format=csv&prove=true"), http.StatusBadRequest, "bad_request")
}

func TestAnAuditorLooksOneCitizenUp(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	s.Consented("bella").Get("/v1/timeline")
	s.Consented("sunny").Get("/v1/timeline")
	b := s.Auditor("ada")
	number := s.Number("bella")

	t.Run("and gets the entries about them alone", func(t *testing.T) {
		a := searchByNumber(b, number[:3]+" "+number[3:6]+" "+number[6:], reasonForLooking)
		harness.Answered(t, a, http.StatusOK)
		page := harness.Read[auditEntries](t, a.Body)
		for _, e := range page.Entries {
			if e.List == nil || *e.List != *page.Entries[0].List {
				t.Errorf("entry %d is about %v", e.Seq, e.List)
			}
		}
		if len(page.Entries) < 5 || page.Entries[0].Kind != "auditor_read" || *page.Entries[0].Purpose != "search" || *page.Entries[0].Note != reasonForLooking {
			t.Errorf("got %+v", page.Entries)
		}
		if bytes.Contains(a.Body, []byte(number)) {
			t.Error("the answer holds the NHS number")
		}
	})
	t.Run("somebody unknown is nobody, and the search is logged", func(t *testing.T) {
		before := len(entriesOf(s, audit.AuditorRead))
		a := searchByNumber(b, "9990000026", reasonForLooking)
		harness.Answered(t, a, http.StatusOK)
		if page := harness.Read[auditEntries](t, a.Body); len(page.Entries) != 0 || page.Next != nil {
			t.Errorf("got %+v", page)
		}
		if n := len(entriesOf(s, audit.AuditorRead)) - before; n != 1 {
			t.Errorf("%d entries", n)
		}
	})
	t.Run("the reason follows the one rule: kept on one line, or refused when it could name a person by number", func(t *testing.T) {
		for _, c := range subjecttest.Reasons() {
			before := entriesOf(s, audit.AuditorRead)
			a := searchByNumber(b, number, c.Text)
			after := entriesOf(s, audit.AuditorRead)
			if c.Want == "" {
				harness.Refused(t, a, http.StatusBadRequest, "bad_request")
				detail := harness.Read[struct{ Detail string }](t, a.Body).Detail // the correlation id may have any digits
				if len(after) != len(before) || strings.Contains(detail, "999") || !strings.Contains(detail, "note must") {
					t.Errorf("%s: %s", c.Name, a.Body)
				}
				continue
			}
			harness.Answered(t, a, http.StatusOK)
			if got := after[len(after)-1].Note; got != c.Want {
				t.Errorf("%s: kept %q", c.Name, got)
			}
		}
	})
	t.Run("what is no NHS number or no reason is refused without repeating it", func(t *testing.T) {
		for _, in := range [][2]string{
			{"9990000019", reasonForLooking},
			{"999000001", reasonForLooking},
			{"", reasonForLooking},
			{number, ""},
			{number, "abc"},
			{number, strings.Repeat("x", 201)},
		} {
			a := searchByNumber(b, in[0], in[1])
			harness.Refused(t, a, http.StatusBadRequest, "bad_request")
			if in[0] != "" && bytes.Contains(a.Body, []byte(in[0])) {
				t.Errorf("it repeats the number: %s", a.Body)
			}
		}
	})
	t.Run("the citizen sees that an auditor looked, and not why in their words", func(t *testing.T) {
		a := s.SignedIn("bella").Get("/v1/access-log")
		if !bytes.Contains(a.Body, []byte(`"kind":"auditor"`)) || bytes.Contains(a.Body, []byte(reasonForLooking)) {
			t.Errorf("got %s", a.Body)
		}
	})
}

func TestTheNumberThatAnAuditorLooksUpIsNowhere(t *testing.T) {
	t.Parallel()
	s := spy(t)
	s.journey("bella")
	b := s.Auditor("ada")
	harness.Answered(t, searchByNumber(b, s.Number("bella"), reasonForLooking), http.StatusOK)
	harness.Refused(t, searchByNumber(b, s.Number("bella")+"0", reasonForLooking), http.StatusBadRequest, "bad_request")
	harness.Answered(t, b.Get("/audit/v1/entries", "Accept", "application/x-ndjson"), http.StatusOK)
	s.assertSilent()
}
