package tests_test

import (
	"bytes"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/tests/harness"
)

func TestEveryReadOfAnAuditorIsInTheLogBeforeTheAnswer(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	s.Consented("bella").Get("/v1/timeline")
	b := s.Auditor("ada")
	account := harness.Read[struct{ Account string }](t, b.Get("/audit/session").Body).Account
	for path, purpose := range map[string]string{
		"/audit/v1/entries": "entries limit=50", "/audit/v1/checkpoint": "checkpoint", "/audit/v1/proof?seq=0&size=1": "proof",
		"/audit/v1/consistency?from=0&to=1": "consistency", "/audit/v1/consents": "consents limit=50", "/audit/v1/statistics": "statistics",
	} {
		before := len(entriesOf(s, audit.AuditorRead))
		a := b.Get(path)
		harness.Answered(t, a, http.StatusOK)
		if a.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s may be kept: %q", path, a.Header.Get("Cache-Control"))
		}
		reads := entriesOf(s, audit.AuditorRead)
		if len(reads) != before+1 {
			t.Fatalf("%s: %d entries more", path, len(reads)-before)
		}
		if last := reads[len(reads)-1]; string(last.Actor) != account || last.Purpose != purpose || last.CorrelationID == "" {
			t.Errorf("%s: the entry is %+v", path, last)
		}
	}
	t.Run("what was looked at is in it: filter and place", func(t *testing.T) {
		shown := readEntries(b, "kind=data_released&limit=1").Entries[0]
		page := readEntries(b, "limit=2&list="+*shown.List)
		for _, e := range page.Entries {
			if e.List == nil || *e.List != *shown.List {
				t.Errorf("not of that citizen: %+v", e)
			}
		}
		reads := entriesOf(s, audit.AuditorRead)
		if last := reads[len(reads)-1]; last.Purpose != "entries list="+*shown.List+" limit=2" || last.List.String() != *shown.List {
			t.Errorf("the entry is %+v", last)
		}
		readEntries(b, "limit=2&list="+*shown.List+"&cursor="+*page.Next)
		reads = entriesOf(s, audit.AuditorRead)
		if last := reads[len(reads)-1]; !strings.Contains(last.Purpose, " after=") {
			t.Errorf("the entry is %+v", last)
		}
		if found := readEntries(b, "list=5rM0yUb1S1OuL9gqQHhZfA").Entries; len(found) != 0 {
			t.Errorf("nobody has %+v", found)
		}
		reads = entriesOf(s, audit.AuditorRead)
		if last := reads[len(reads)-1]; last.List != audit.Everybody {
			t.Errorf("an entry about nobody is about %v", last.List)
		}
		all := readEntries(b, "limit=100").Entries
		for query, matches := range map[string]func(int) bool{
			"actor=" + account: func(i int) bool { return all[i].Actor == account },
			"actor=citizen":    func(i int) bool { return all[i].Actor == "citizen" },
		} {
			want := 0
			for i := range all {
				if matches(i) {
					want++
				}
			}
			if got := len(readEntries(b, "limit=100&until=2026-03-02T10:00:01Z&"+query).Entries); got < want || want == 0 {
				t.Errorf("%s: %d entries instead of %d", query, got, want)
			}
		}
	})
	t.Run("a page that shows the newest shows this very read", func(t *testing.T) {
		page := readEntries(b, "order=newest&limit=1")
		if e := page.Entries[0]; e.Kind != "auditor_read" || e.Actor != account {
			t.Errorf("newest is %+v", e)
		}
	})
	t.Run("what is not understood is refused, and no read", func(t *testing.T) {
		before := len(entriesOf(s, audit.AuditorRead))
		for _, query := range []string{
			"kind=data_relased", "outcome=maybe", "since=yesterday", "since=2026-03-02&until=2026-03-01", "limit=0", "limit=101", "limit=x", "cursor=x", "order=up",
			"client=" + strings.Repeat("x", 129), "actor=" + strings.Repeat("x", 65), "consent=%3Cb%3E", "citizen=a%20b", "correlationId='",
		} {
			harness.Refused(t, b.Get("/audit/v1/entries?"+query), http.StatusBadRequest, "bad_request")
		}
		for _, path := range []string{"proof", "checkpoint?size=-1", "checkpoint?size=100000", "proof?seq=1", "proof?seq=-1&size=1", "proof?seq=9&size=9", "proof?seq=0&size=100000", "consistency?from=2&to=1", "consistency?from=0&to=100000", "statistics?since=2025-01-01"} {
			harness.Refused(t, b.Get("/audit/v1/"+path), http.StatusBadRequest, "bad_request")
		}
		if n := len(entriesOf(s, audit.AuditorRead)) - before; n != 0 {
			t.Errorf("%d reads were logged", n)
		}
	})
	verifyLog(s)
}

func TestFiltersOfAuditorsChooseWhatTheySay(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	s.Consented("bella").Get("/v1/timeline")
	s.SignedIn("sunny").Get("/v1/timeline") // refused: no consent
	s.Clock.Advance(time.Hour)
	b := s.Auditor("ada")
	for query, want := range map[string][]string{
		"kind=data_released": {"data_released"}, "kind=data_refused&kind=data_released": {"data_refused", "data_released", "data_refused"},
		"outcome=refused": {"data_refused", "data_refused"}, "client=nobody": {}, "kind=sign_in&client=web": {"sign_in", "sign_in"},
		"kind=sign_in&since=2026-03-02T10:30:00Z": {"sign_in"}, "kind=sign_in&until=2026-03-02T10:30:00Z": {"sign_in", "sign_in"},
		"kind=sign_in&until=2026-03-02": {},
	} {
		got := []string{}
		for _, e := range readEntries(b, query).Entries {
			got = append(got, e.Kind)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", query, got, want)
		}
	}
}

func TestPagesStayStableWhileEntriesAreAppended(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	app := s.Consented("bella")
	for range 5 {
		app.Get("/v1/timeline")
	}
	b := s.Auditor("ada")
	for _, order := range []string{"oldest", "newest"} {
		var seqs []int64
		for cursor := ""; ; {
			page := readEntries(b, "kind=data_released&kind=upstream_asked&limit=2&order="+order+"&cursor="+cursor)
			for _, e := range page.Entries {
				seqs = append(seqs, e.Seq)
			}
			if page.Next == nil {
				break
			}
			cursor = *page.Next
			if order == "newest" || len(seqs) < 5 {
				s.Clock.Advance(time.Second)
				app.Get("/v1/timeline") // comes between the pages
			}
		}
		sorted := slices.Clone(seqs)
		slices.Sort(sorted)
		if order == "newest" {
			slices.Reverse(sorted)
		}
		if len(seqs) < 6 || !slices.Equal(sorted, seqs) || len(slices.Compact(sorted)) != len(seqs) {
			t.Errorf("%s: %v", order, seqs)
		}
	}
}

func TestConsentActsAreShownWithoutWhoseTheyAre(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	app := s.Consented("bella")
	id := harness.Read[struct{ Consents []struct{ ID string } }](t, app.Get("/v1/consents").Body).Consents[0].ID
	harness.Answered(t, app.Delete("/v1/consents/"+id), http.StatusNoContent)
	a := s.Auditor("ada").Get("/audit/v1/consents")
	harness.Answered(t, a, http.StatusOK)
	events := harness.Read[struct {
		Events []struct{ Kind, Consent, Client, Digest string }
	}](t, a.Body).Events
	if len(events) != 2 || events[0].Kind != "consent_granted" || events[1].Kind != "consent_withdrawn" || events[1].Consent != id || events[0].Digest == "" {
		t.Errorf("got %+v", events)
	}
	if ref := entriesOf(s, audit.ConsentGranted)[0].List.String(); bytes.Contains(a.Body, []byte(ref)) {
		t.Error("the pseudonym is there")
	}
}

func TestStatisticsCountWhatHappened(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	app := s.Consented("bella")
	app.Get("/v1/timeline")
	s.Clock.Advance(24 * time.Hour)
	a := s.Auditor("ada").Get("/audit/v1/statistics")
	harness.Answered(t, a, http.StatusOK)
	got := harness.Read[struct {
		Total  int64
		Counts []struct {
			Day, Kind, Outcome string
			Entries            int64
		}
	}](t, a.Body)
	counts := map[string]int64{}
	total := int64(0)
	for _, c := range got.Counts {
		counts[c.Day+" "+c.Kind+" "+c.Outcome] += c.Entries
		total += c.Entries
	}
	if counts["2026-03-02 data_released success"] != 1 || counts["2026-03-02 data_refused refused"] != 1 || counts["2026-03-03 sign_in success"] != 1 || total != got.Total {
		t.Errorf("got %+v", got)
	}
}
