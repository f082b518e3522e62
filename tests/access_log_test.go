package tests_test

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/tests/harness"
)

type accessLog struct {
	Entries []struct {
		ID        string
		At        time.Time
		Who, What struct{ Kind, Code, Display string }
		Why       *struct{ Code, Display string }
		Allowed   bool
		Since     time.Time
		Times     int
	}
	Next *string
}

func readAccessLog(b *harness.Browser, query string) accessLog {
	b.T.Helper()
	a := b.Get("/v1/access-log" + query)
	harness.Answered(b.T, a, http.StatusOK)
	return harness.Read[accessLog](b.T, a.Body)
}

func TestACitizenSeesWhoLookedAndWhy(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	other := s.Consented("sunny")
	other.Get("/v1/timeline")
	b := s.SignedIn("bella")

	t.Run("without any consent, for it is their right", func(t *testing.T) {
		if first := readAccessLog(b, "").Entries; len(first) != 1 || first[0].What.Code != "sign_in" {
			t.Errorf("got %+v", first)
		}
	})
	harness.Refused(t, b.Get("/v1/timeline"), http.StatusForbidden, "consent_required")
	b.Consent()
	s.Clock.Advance(time.Minute)
	b.Get("/v1/timeline")
	b.Get("/v1/appointments")

	t.Run("newest first, in words, with the reason of a refusal", func(t *testing.T) {
		log := readAccessLog(b, "")
		var codes []string
		for i, e := range log.Entries {
			codes = append(codes, e.What.Code)
			if i > 0 && e.At.After(log.Entries[i-1].At) {
				t.Errorf("entry %d is newer than the one before it", i)
			}
			if e.What.Display == "" || e.Who.Display == "" || strings.Contains(e.What.Display, "{") {
				t.Errorf("words of %+v", e)
			}
		}
		want := "data_released data_released consent_granted data_refused subject_access sign_in"
		if got := strings.Join(codes, " "); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		if shown := log.Entries[0]; shown.Why == nil || shown.Why.Code != "appointments" || !shown.Allowed {
			t.Errorf("the newest is %+v", shown)
		}
		if no := log.Entries[3]; no.Why == nil || no.Why.Code != "no_consent" || no.Allowed || no.Times != 2 || !strings.Contains(no.What.Display, "had not chosen yet") {
			t.Errorf("the refusal is %+v", no)
		}
	})
	t.Run("and that look is logged before the answer", func(t *testing.T) {
		looks := entriesOf(s, audit.SubjectAccess)
		if last := looks[len(looks)-1]; last.Purpose != "access-log" || !last.List.IsCitizens() || last.Actor != audit.ActorCitizen {
			t.Errorf("the entry is %+v", last)
		}
		if newest := readAccessLog(b, "").Entries[0]; newest.What.Code != "subject_access" {
			t.Errorf("newest is %+v", newest)
		}
	})
	t.Run("page by page, nothing twice and nothing left out, while they look on", func(t *testing.T) {
		all := readAccessLog(b, "?limit=100").Entries
		seen := map[string]bool{}
		n := 0
		for cursor := ""; ; {
			page := readAccessLog(b, "?limit=2&cursor="+cursor) // each page adds an entry at the front
			for _, e := range page.Entries {
				if seen[e.ID] {
					t.Errorf("%s came twice", e.ID)
				}
				seen[e.ID] = true
				n++
			}
			if page.Next == nil {
				break
			}
			cursor = *page.Next
		}
		for _, e := range all {
			if !seen[e.ID] {
				t.Errorf("%+v was left out", e)
			}
		}
		if n != len(all)+1 { // the look at all of them came in front
			t.Errorf("%d of %d", n, len(all))
		}
	})
	t.Run("a cursor tells nothing, and another citizen's does not open", func(t *testing.T) {
		foreign := readAccessLog(other, "?limit=1").Next
		if foreign == nil {
			t.Fatal("no cursor")
		}
		if plain, err := base64.RawURLEncoding.DecodeString(*foreign); err != nil || bytes.Contains(plain, []byte("2026")) {
			t.Errorf("the cursor says %q, %v", plain, err)
		}
		harness.Refused(t, b.Get("/v1/access-log?cursor="+*foreign), http.StatusBadRequest, "bad_request")
	})
	t.Run("an app that asks again and again is one line", func(t *testing.T) {
		tag := b.Get("/v1/timeline").Header.Get("ETag")
		for range 5 {
			harness.Answered(t, b.Get("/v1/timeline", "If-None-Match", tag), http.StatusNotModified)
		}
		log := readAccessLog(b, "").Entries
		if newest := log[0]; newest.What.Code != "data_not_modified" || newest.Times != 5 {
			t.Errorf("the newest is %+v", newest)
		}
		if n := len(entriesOf(s, audit.DataNotModified)); n != 5 {
			t.Errorf("the log itself has %d", n)
		}
	})
	t.Run("what is no page is refused", func(t *testing.T) {
		for _, query := range []string{"?limit=0", "?limit=101", "?limit=-1", "?limit=x", "?cursor=x", "?cursor=" + strings.Repeat("A", 300)} {
			harness.Refused(t, b.Get("/v1/access-log"+query), http.StatusBadRequest, "bad_request")
		}
	})
	t.Run("nobody's session shows nothing", func(t *testing.T) {
		harness.Refused(t, s.Browser().Get("/v1/access-log"), http.StatusUnauthorized, "sign_in_required")
	})
	t.Run("no other citizen's list, and not their own", func(t *testing.T) {
		body := b.Get("/v1/access-log").Body
		for _, e := range entriesOf(s, audit.SignedIn) {
			if bytes.Contains(body, []byte(e.List.String())) {
				t.Errorf("%v is in it", e.List)
			}
		}
	})
}
