package tests_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/audit/checkpoint"
	"github.com/patient-care-aggregator/aggregator/internal/audit/export"
	"github.com/patient-care-aggregator/aggregator/internal/local"
	"github.com/patient-care-aggregator/aggregator/internal/sandbox"
	"github.com/patient-care-aggregator/aggregator/internal/store/sqlite"
	"github.com/patient-care-aggregator/aggregator/internal/subject/subjecttest"
)

const reasonForLooking = "complaint of March"

// auditor opens a browser and signs a member of the sandbox's staff in who is one.
func (s *service) auditor(name string) *browser {
	s.t.Helper()
	b := s.browser()
	answered(s.t, b.staffSignIn(name), http.StatusSeeOther)
	return b
}

// staffSignIn goes through the staff provider and gives the callback's answer.
func (b *browser) staffSignIn(name string) local.Answer {
	b.t.Helper()
	return b.get(b.staffReturn(name))
}

// staffReturn goes to the staff provider and gives where it sends the browser back.
func (b *browser) staffReturn(name string) string {
	b.t.Helper()
	begun := b.get("/audit/login")
	answered(b.t, begun, http.StatusFound)
	at, err := url.Parse(begun.Header.Get("Location"))
	if err != nil {
		b.t.Fatal(err)
	}
	q := at.Query()
	q.Set("sandbox_staff", name)
	at.RawQuery = q.Encode()
	return b.get(at.String()).Header.Get("Location")
}

// auditEntries is an answer of the auditors' entries.
type auditEntries struct {
	Entries []struct {
		Seq                            int64
		Kind, Outcome, Actor           string
		Citizen, Client, Reason, Notes *string
		Purpose                        *string
	}
	Next *string
}

func (b *browser) auditEntries(query string) auditEntries {
	b.t.Helper()
	a := b.get("/audit/v1/entries?" + query)
	answered(b.t, a, http.StatusOK)
	return decodeAs[auditEntries](b.t, a.Body)
}

func (b *browser) search(number, reason string) local.Answer {
	b.t.Helper()
	return b.post("/audit/v1/entries/search", map[string]string{"nhsNumber": number, "reason": reason})
}

func decodeAs[T any](t *testing.T, body []byte) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	return v
}

func auditPaths() []string {
	return []string{
		"/audit/session", "/audit/v1/entries", "/audit/v1/checkpoint", "/audit/v1/proof?seq=0&size=1", "/audit/v1/consistency?from=0&to=1",
		"/audit/v1/consents", "/audit/v1/statistics",
	}
}

func (s *service) number(name string) string {
	s.t.Helper()
	c, err := s.Sandbox.Citizen(name)
	if err != nil {
		s.t.Fatal(err)
	}
	return c.NHSNumber
}

func TestOnlyAuditorsReadTheLog(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.consented("bella").get("/v1/timeline")

	t.Run("nobody", func(t *testing.T) {
		b := s.browser()
		for _, path := range auditPaths() {
			refused(t, b.get(path), http.StatusUnauthorized, "staff_sign_in_required")
		}
		refused(t, b.search(s.number("bella"), reasonForLooking), http.StatusUnauthorized, "staff_sign_in_required")
	})
	t.Run("a citizen's session opens nothing", func(t *testing.T) {
		b := s.signedIn("bella")
		for _, path := range auditPaths() {
			refused(t, b.get(path), http.StatusUnauthorized, "staff_sign_in_required")
		}
	})
	t.Run("nor does their secret in the staff's cookie, nor any bearer token", func(t *testing.T) {
		b := s.signedIn("bella")
		at, err := url.Parse(s.URL)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range b.cookies(at) {
			stranger := s.browser()
			refused(t, stranger.get("/audit/v1/entries", "Cookie", "pca_staff="+c.Value), http.StatusUnauthorized, "staff_sign_in_required")
		}
		auditor := s.auditor("ada")
		refused(t, auditor.get("/audit/v1/entries", "Authorization", "Bearer x"), http.StatusUnauthorized, "staff_sign_in_required")
	})
	t.Run("an auditor's session shows nobody's timeline", func(t *testing.T) {
		refused(t, s.auditor("ada").get("/v1/timeline"), http.StatusUnauthorized, "sign_in_required")
	})
	t.Run("another role is refused, and that stands in the log", func(t *testing.T) {
		for _, name := range []string{"olu", "nell"} {
			b := s.browser()
			refused(t, b.staffSignIn(name), http.StatusForbidden, "role_required")
			refused(t, b.get("/audit/v1/entries"), http.StatusUnauthorized, "staff_sign_in_required")
		}
		refusals := s.entries(audit.SignInRefused)
		if n := len(refusals); n != 2 || refusals[0].Reason != "role_required" || refusals[0].Actor == refusals[1].Actor {
			t.Errorf("the log has %+v", refusals)
		}
	})
}

func TestAStaffSignInServesOnceAndInItsOwnBrowser(t *testing.T) {
	t.Parallel()
	s := start(t)
	t.Run("the same return twice", func(t *testing.T) {
		b := s.browser()
		back := b.staffReturn("ada")
		answered(t, b.get(back), http.StatusSeeOther)
		refused(t, b.get(back), http.StatusBadRequest, "staff_sign_in_failed")
	})
	t.Run("in another browser", func(t *testing.T) {
		back := s.browser().staffReturn("ada")
		refused(t, s.browser().get(back), http.StatusBadRequest, "staff_sign_in_failed")
	})
	t.Run("a state or a code that was made up", func(t *testing.T) {
		b := s.browser()
		refused(t, b.get("/audit/callback?state=x&code=y"), http.StatusBadRequest, "staff_sign_in_failed")
		back, err := url.Parse(b.staffReturn("ada"))
		if err != nil {
			t.Fatal(err)
		}
		q := back.Query()
		q.Set("code", "forged")
		back.RawQuery = q.Encode()
		refused(t, b.get(back.String()), http.StatusBadRequest, "staff_sign_in_failed")
	})
	t.Run("a provider in trouble lets nobody in", func(t *testing.T) {
		b := s.browser()
		back := b.staffReturn("ada")
		cancel := s.Sandbox.Order(sandbox.Fault{Upstream: sandbox.Staff, Operation: "token", Kind: sandbox.Status, Status: http.StatusServiceUnavailable})
		defer cancel()
		refused(t, b.get(back), http.StatusServiceUnavailable, "staff_sign_in_unavailable")
	})
}

func TestAStaffSessionEnds(t *testing.T) {
	t.Parallel()
	s := start(t)
	t.Run("when nobody uses it", func(t *testing.T) {
		b := s.auditor("ada")
		s.clock.Advance(30 * time.Minute)
		answered(t, b.get("/audit/session"), http.StatusOK)
		s.clock.Advance(30*time.Minute + time.Second)
		refused(t, b.get("/audit/session"), http.StatusUnauthorized, "staff_sign_in_required")
	})
	t.Run("after a working day", func(t *testing.T) {
		b := s.auditor("ada")
		for range 15 {
			s.clock.Advance(30 * time.Minute)
			answered(t, b.get("/audit/session"), http.StatusOK)
		}
		s.clock.Advance(30 * time.Minute)
		refused(t, b.get("/audit/session"), http.StatusUnauthorized, "staff_sign_in_required")
	})
	t.Run("at sign-out, which is in the log", func(t *testing.T) {
		b := s.auditor("ada")
		answered(t, b.post("/audit/logout", nil), http.StatusNoContent)
		answered(t, b.post("/audit/logout", nil), http.StatusNoContent)
		refused(t, b.get("/audit/session"), http.StatusUnauthorized, "staff_sign_in_required")
		if outs := s.entries(audit.SignedOut); len(outs) != 1 || !strings.HasPrefix(string(outs[0].Actor), "staff:") {
			t.Errorf("the log has %+v", outs)
		}
	})
}

func TestWithoutAStaffProviderThereIsNoAuditorsSide(t *testing.T) {
	t.Parallel()
	s := start(t, func(o *local.Options) {
		o.Env = map[string]string{"PCA_STAFF_ISSUER": "", "PCA_STAFF_CLIENT_ID": "", "PCA_STAFF_CLIENT_SECRET": ""}
	})
	b := s.plainBrowser()
	for _, path := range append(auditPaths(), "/audit/login", "/audit/callback") {
		answered(t, b.get(path), http.StatusNotFound)
	}
}

func TestEveryReadOfAnAuditorIsInTheLogBeforeTheAnswer(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.consented("bella").get("/v1/timeline")
	b := s.auditor("ada")
	account := decodeAs[struct{ Account string }](t, b.get("/audit/session").Body).Account
	for path, purpose := range map[string]string{
		"/audit/v1/entries": "entries", "/audit/v1/checkpoint": "checkpoint", "/audit/v1/proof?seq=0&size=1": "proof",
		"/audit/v1/consistency?from=0&to=1": "consistency", "/audit/v1/consents": "consents", "/audit/v1/statistics": "statistics",
	} {
		before := len(s.entries(audit.AuditorRead))
		a := b.get(path)
		answered(t, a, http.StatusOK)
		if a.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s may be kept: %q", path, a.Header.Get("Cache-Control"))
		}
		reads := s.entries(audit.AuditorRead)
		if len(reads) != before+1 {
			t.Fatalf("%s: %d entries more", path, len(reads)-before)
		}
		if last := reads[len(reads)-1]; string(last.Actor) != account || last.Purpose != purpose || last.CorrelationID == "" {
			t.Errorf("%s: the entry is %+v", path, last)
		}
	}
	t.Run("a page that shows the newest shows this very read", func(t *testing.T) {
		page := b.auditEntries("order=newest&limit=1")
		if e := page.Entries[0]; e.Kind != "auditor_read" || e.Actor != account {
			t.Errorf("newest is %+v", e)
		}
	})
	t.Run("what is not understood is refused, and no read", func(t *testing.T) {
		before := len(s.entries(audit.AuditorRead))
		for _, query := range []string{
			"kind=data_relased", "outcome=maybe", "since=yesterday", "since=2026-03-02&until=2026-03-01", "limit=0", "limit=101", "limit=x", "cursor=x", "order=up",
			"client=" + strings.Repeat("x", 129),
		} {
			refused(t, b.get("/audit/v1/entries?"+query), http.StatusBadRequest, "bad_request")
		}
		for _, path := range []string{"proof", "checkpoint?size=-1", "checkpoint?size=100000", "proof?seq=1", "proof?seq=-1&size=1", "proof?seq=9&size=9", "proof?seq=0&size=100000", "consistency?from=2&to=1", "consistency?from=0&to=100000", "statistics?since=2025-01-01"} {
			refused(t, b.get("/audit/v1/"+path), http.StatusBadRequest, "bad_request")
		}
		if n := len(s.entries(audit.AuditorRead)) - before; n != 0 {
			t.Errorf("%d reads were logged", n)
		}
	})
	s.verified()
}

func TestFiltersOfAuditorsChooseWhatTheySay(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.consented("bella").get("/v1/timeline")
	s.signedIn("sunny").get("/v1/timeline") // refused: no consent
	s.clock.Advance(time.Hour)
	b := s.auditor("ada")
	for query, want := range map[string][]string{
		"kind=data_released": {"data_released"}, "kind=data_refused&kind=data_released": {"data_refused", "data_released", "data_refused"},
		"outcome=refused": {"data_refused", "data_refused"}, "client=nobody": {}, "kind=sign_in&client=web": {"sign_in", "sign_in"},
		"kind=sign_in&since=2026-03-02T10:30:00Z": {"sign_in"}, "kind=sign_in&until=2026-03-02T10:30:00Z": {"sign_in", "sign_in"},
		"kind=sign_in&until=2026-03-02": {},
	} {
		got := []string{}
		for _, e := range b.auditEntries(query).Entries {
			got = append(got, e.Kind)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", query, got, want)
		}
	}
}

func TestPagesStayStableWhileEntriesAreAppended(t *testing.T) {
	t.Parallel()
	s := start(t)
	app := s.consented("bella")
	for range 5 {
		app.get("/v1/timeline")
	}
	b := s.auditor("ada")
	for _, order := range []string{"oldest", "newest"} {
		var seqs []int64
		for cursor := ""; ; {
			page := b.auditEntries("kind=data_released&kind=upstream_asked&limit=2&order=" + order + "&cursor=" + cursor)
			for _, e := range page.Entries {
				seqs = append(seqs, e.Seq)
			}
			if page.Next == nil {
				break
			}
			cursor = *page.Next
			if order == "newest" || len(seqs) < 5 {
				s.clock.Advance(time.Second)
				app.get("/v1/timeline") // comes between the pages
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

func TestAnAuditorLooksOneCitizenUp(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.consented("bella").get("/v1/timeline")
	s.consented("sunny").get("/v1/timeline")
	b := s.auditor("ada")
	number := s.number("bella")

	t.Run("and gets the entries about them alone", func(t *testing.T) {
		a := b.search(number[:3]+" "+number[3:6]+" "+number[6:], reasonForLooking)
		answered(t, a, http.StatusOK)
		page := decodeAs[auditEntries](t, a.Body)
		for _, e := range page.Entries {
			if e.Citizen == nil || *e.Citizen != *page.Entries[0].Citizen {
				t.Errorf("entry %d is about %v", e.Seq, e.Citizen)
			}
		}
		if len(page.Entries) < 5 || page.Entries[0].Kind != "auditor_read" || *page.Entries[0].Purpose != "search: "+reasonForLooking {
			t.Errorf("got %+v", page.Entries)
		}
		if bytes.Contains(a.Body, []byte(number)) {
			t.Error("the answer holds the NHS number")
		}
	})
	t.Run("somebody unknown is nobody, and the search is logged", func(t *testing.T) {
		before := len(s.entries(audit.AuditorRead))
		a := b.search("9990000026", reasonForLooking)
		answered(t, a, http.StatusOK)
		if page := decodeAs[auditEntries](t, a.Body); len(page.Entries) != 0 || page.Next != nil {
			t.Errorf("got %+v", page)
		}
		if n := len(s.entries(audit.AuditorRead)) - before; n != 1 {
			t.Errorf("%d entries", n)
		}
	})
	t.Run("the reason follows the one rule: kept on one line, or refused when it could name a person by number", func(t *testing.T) {
		for _, c := range subjecttest.Reasons() {
			before := s.entries(audit.AuditorRead)
			a := b.search(number, c.Text)
			after := s.entries(audit.AuditorRead)
			if c.Want == "" {
				refused(t, a, http.StatusBadRequest, "bad_request")
				if len(after) != len(before) || bytes.Contains(a.Body, []byte("999")) || !bytes.Contains(a.Body, []byte("The reason must")) {
					t.Errorf("%s: %s", c.Name, a.Body)
				}
				continue
			}
			answered(t, a, http.StatusOK)
			if got := after[len(after)-1].Purpose; got != "search: "+c.Want {
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
			a := b.search(in[0], in[1])
			refused(t, a, http.StatusBadRequest, "bad_request")
			if in[0] != "" && bytes.Contains(a.Body, []byte(in[0])) {
				t.Errorf("it repeats the number: %s", a.Body)
			}
		}
	})
	t.Run("the citizen sees that an auditor looked, and not why in their words", func(t *testing.T) {
		a := s.signedIn("bella").get("/v1/access-log")
		if !bytes.Contains(a.Body, []byte(`"kind":"auditor"`)) || bytes.Contains(a.Body, []byte(reasonForLooking)) {
			t.Errorf("got %s", a.Body)
		}
	})
}

func TestTheNumberThatAnAuditorLooksUpIsNowhere(t *testing.T) {
	t.Parallel()
	s := spy(t)
	s.journey("bella")
	b := s.auditor("ada")
	answered(t, b.search(s.number("bella"), reasonForLooking), http.StatusOK)
	refused(t, b.search(s.number("bella")+"0", reasonForLooking), http.StatusBadRequest, "bad_request")
	answered(t, b.get("/audit/v1/entries", "Accept", "application/x-ndjson"), http.StatusOK)
	s.assertSilent()
}

func TestAnAuditorProvesAnEntryAwayFromHere(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.consented("bella").get("/v1/timeline")
	b := s.auditor("ada")

	type signed struct{ Checkpoint, PublicKey string }
	older := decodeAs[signed](t, b.get("/audit/v1/checkpoint").Body)
	by, err := checkpoint.ParsePublicKey(older.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	first, err := checkpoint.Open([]byte(older.Checkpoint), by)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("each entry is in the log of the checkpoint", func(t *testing.T) {
		for seq := range first.Size {
			a := b.get(fmt.Sprintf("/audit/v1/proof?seq=%d&size=%d", seq, first.Size))
			answered(t, a, http.StatusOK)
			proof := decodeAs[audit.Inclusion](t, a.Body)
			leaf := s.records()[seq].Leaf
			if err := proof.Check(leaf, first); err != nil {
				t.Errorf("entry %d: %v", seq, err)
			}
			if err := proof.Check(append(leaf, ' '), first); err == nil {
				t.Errorf("entry %d: an altered one is proved too", seq)
			}
		}
	})
	t.Run("a later checkpoint continues an earlier one", func(t *testing.T) {
		newer, err := checkpoint.Open([]byte(decodeAs[signed](t, b.get("/audit/v1/checkpoint").Body).Checkpoint), by)
		if err != nil || newer.Size <= first.Size {
			t.Fatalf("%+v, %v", newer, err)
		}
		a := b.get(fmt.Sprintf("/audit/v1/consistency?from=%d&to=%d", first.Size, newer.Size))
		answered(t, a, http.StatusOK)
		if err := decodeAs[audit.Consistency](t, a.Body).Check(first, newer); err != nil {
			t.Error(err)
		}
	})
	t.Run("an export over HTTP is proved with the published checkpoints, and a changed one is not", func(t *testing.T) {
		for _, query := range []string{"", "?prove=true", "?kind=data_released&prove=true", "?outcome=refused&client=web&prove=true&order=newest"} {
			a := b.get("/audit/v1/entries"+query, "Accept", "application/x-ndjson")
			answered(t, a, http.StatusOK)
			head := decodeAs[struct{ Size int64 }](t, bytes.SplitN(a.Body, []byte("\n"), 2)[0])
			now := b.get(fmt.Sprintf("/audit/v1/checkpoint?size=%d", head.Size))
			answered(t, now, http.StatusOK)
			known, unreadable, err := checkpoint.Read(bytes.NewReader(now.Body), by)
			if err != nil || unreadable > 0 || len(known) != 1 {
				t.Fatal(known, unreadable, err)
			}
			if _, err := export.Check(bytes.NewReader(a.Body), known...); err != nil {
				t.Errorf("%q: %v", query, err)
			}
			if _, err := export.Check(bytes.NewReader(bytes.Replace(a.Body, []byte(`"web"`), []byte(`"app"`), 1)), known...); err == nil {
				t.Errorf("%q: a changed one is proved too", query)
			}
		}
	})
}

func TestConsentActsAreShownWithoutWhoseTheyAre(t *testing.T) {
	t.Parallel()
	s := start(t)
	app := s.consented("bella")
	id := decodeAs[struct{ Consents []struct{ ID string } }](t, app.get("/v1/consents").Body).Consents[0].ID
	answered(t, app.delete("/v1/consents/"+id), http.StatusNoContent)
	a := s.auditor("ada").get("/audit/v1/consents")
	answered(t, a, http.StatusOK)
	events := decodeAs[struct {
		Events []struct{ Kind, Consent, Client, Digest string }
	}](t, a.Body).Events
	if len(events) != 2 || events[0].Kind != "consent_granted" || events[1].Kind != "consent_withdrawn" || events[1].Consent != id || events[0].Digest == "" {
		t.Errorf("got %+v", events)
	}
	if ref := string(s.entries(audit.ConsentGranted)[0].Citizen); bytes.Contains(a.Body, []byte(ref)) {
		t.Error("the pseudonym is there")
	}
}

func TestStatisticsCountWhatHappened(t *testing.T) {
	t.Parallel()
	s := start(t)
	app := s.consented("bella")
	app.get("/v1/timeline")
	s.clock.Advance(24 * time.Hour)
	a := s.auditor("ada").get("/audit/v1/statistics")
	answered(t, a, http.StatusOK)
	got := decodeAs[struct {
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

// Not parallel: it looks at the memory of the whole process.
func TestAnExportNeedsNoMoreMemoryForALongerLog(t *testing.T) {
	const many = 30_000
	s := start(t)
	s.log(func(ctx context.Context, db *sqlite.DB) {
		batch := make([]audit.Entry, 500)
		for i := range batch {
			batch[i] = audit.Entry{Kind: audit.DataRefused, At: s.clock.Now(), Client: "load", Outcome: audit.Succeeded}
		}
		for range many / len(batch) {
			if _, err := db.Log().Append(ctx, audit.Guard{}, batch...); err != nil {
				t.Fatal(err)
			}
		}
	})
	b := s.auditor("ada")
	lines, peak := b.stream("/audit/v1/entries")
	if lines < many {
		t.Errorf("%d lines", lines)
	}
	if const16MB := uint64(16 << 20); peak > const16MB {
		t.Errorf("it took %d bytes more while it was written", peak)
	}
}

func TestAnExportEndsWhenItsReaderLeaves(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.log(func(ctx context.Context, db *sqlite.DB) {
		batch := make([]audit.Entry, 5000)
		for i := range batch {
			batch[i] = audit.Entry{Kind: audit.DataRefused, At: s.clock.Now(), Client: "load", Purpose: strings.Repeat("x", 500), Outcome: audit.Succeeded}
		}
		for range 4 {
			if _, err := db.Log().Append(ctx, audit.Guard{}, batch...); err != nil {
				t.Fatal(err)
			}
		}
	})
	b := s.auditor("ada")
	// More than may be under way at once: each is given up after its first bytes.
	for range 5 {
		b.leave("/audit/v1/entries")
	}
}

func TestCheckpointsAreSignedAtTheStartAndAtTheEnd(t *testing.T) {
	t.Parallel()
	sink := filepath.Join(t.TempDir(), "sink.ndjson")
	s := start(t, env("PCA_AUDIT_CHECKPOINT_SINK", sink))
	s.consented("bella").get("/v1/timeline")
	size := int64(len(s.records()))
	path, _ := strings.CutPrefix(s.Env["PCA_DATABASE_URL"], "sqlite:")
	s.close()
	key, err := checkpoint.OpenKey(path+".checkpoint-key", "not-made")
	if err != nil {
		t.Fatal(err)
	}
	by, err := key.Verifier()
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{sink, path + ".checkpoints"} {
		known, unreadable, err := checkpoint.NewFileSink(file).Checkpoints(by)
		if err != nil || unreadable > 0 || len(known) == 0 || known[len(known)-1].Size != size {
			t.Errorf("%s: %+v, %d unreadable, %v; the log has %d entries", file, known, unreadable, err, size)
		}
	}
}

func TestKeysAndConfigurationAreRecordedWhenTheyChange(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	recorded := func(pairs ...string) (keys, configurations int) {
		s := start(t, env(pairs...), func(o *local.Options) { o.DataDir, o.Addr = dir, "" })
		keys, configurations = len(s.entries(audit.KeyChanged)), len(s.entries(audit.ConfigurationKnown))
		s.close()
		return keys, configurations
	}
	same := []string{"PCA_PUBLIC_URL", "http://127.0.0.1:9"}
	fixed := func(more ...string) []string {
		// What a free port changes at each start is fixed here.
		return append(append(same,
			"PCA_NHS_LOGIN_ISSUER", "http://127.0.0.1:9/a", "PCA_API_PLATFORM_TOKEN_URL", "http://127.0.0.1:9/b", "PCA_ERS_BASE_URL", "http://127.0.0.1:9/c",
			"PCA_ODS_BASE_URL", "http://127.0.0.1:9/d", "PCA_STAFF_ISSUER", "http://127.0.0.1:9/e"), more...)
	}
	if k, c := recorded(fixed()...); k != 1 || c != 1 {
		t.Errorf("at the first start %d and %d", k, c)
	}
	if k, c := recorded(fixed()...); k != 1 || c != 1 {
		t.Errorf("when nothing changed %d and %d", k, c)
	}
	if k, c := recorded(fixed("PCA_TIMELINE_TTL", "30s")...); k != 1 || c != 2 {
		t.Errorf("when a setting changed %d and %d", k, c)
	}
}
