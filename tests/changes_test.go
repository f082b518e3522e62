package tests_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/tests/harness"
)

type changes struct {
	Changes []struct {
		ReferralID, Kind, Title string
		From, To                *string
	}
	Next *string
}

func readChanges(b *harness.Browser, t *testing.T, query string) changes {
	t.Helper()
	a := b.Get("/v1/changes" + query)
	harness.Answered(t, a, http.StatusOK)
	var c changes
	if err := json.Unmarshal(a.Body, &c); err != nil {
		t.Fatal(err)
	}
	return c
}

// consentToHistory grants what is missing for the changes, and nothing else.
func consentToHistory(t *testing.T, b *harness.Browser) {
	t.Helper()
	refusal := b.Get("/v1/changes")
	harness.Refused(t, refusal, http.StatusForbidden, "consent_required")
	if !strings.Contains(string(refusal.Body), `"scopes":["history:store"]`) {
		t.Fatalf("asks for more than is missing: %s", refusal.Body)
	}
	harness.Answered(t, b.Must(b.Journey.Consent(t.Context(), refusal.Body)), http.StatusOK)
}

func TestWhatChangedIsRememberedOnlyWithConsent(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	b := s.Consented("tariq")

	consentToHistory(t, b)

	harness.Answered(t, b.Get("/v1/timeline"), http.StatusOK)
	if c := readChanges(b, t, ""); len(c.Changes) != 0 {
		t.Fatalf("the first read is no news: %+v", c)
	}
	if _, err := s.Sandbox.AdvanceCitizen("tariq", ""); err != nil {
		t.Fatal(err)
	}
	s.Clock.Advance(3 * 24 * time.Hour)
	b = s.SignedIn("tariq")
	after := b.Get("/v1/timeline")
	harness.Answered(t, after, http.StatusOK)
	if !strings.Contains(string(after.Body), `"source":"observed"`) {
		t.Errorf("the earlier stage is not among the events: %s", after.Body)
	}
	c := readChanges(b, t, "")
	if len(c.Changes) == 0 || c.Changes[0].From == nil || *c.Changes[0].From != "AWAITING_TRIAGE" || c.Next == nil {
		t.Fatalf("%+v", c)
	}
	if more := readChanges(b, t, "?cursor="+*c.Next); len(more.Changes) != 0 || *more.Next != *c.Next {
		t.Fatalf("reading on gives it again: %+v", more)
	}
	for _, bad := range []string{"?since=yesterday", "?limit=0", "?limit=1000", "?cursor=x"} {
		harness.Refused(t, b.Get("/v1/changes"+bad), http.StatusBadRequest, "bad_request")
	}

	var list struct{ Consents []struct{ ID string } }
	if err := json.Unmarshal(b.Get("/v1/consents").Body, &list); err != nil {
		t.Fatal(err)
	}
	for _, each := range list.Consents {
		harness.Answered(t, b.Delete("/v1/consents/"+each.ID), http.StatusNoContent)
	}
	harness.Refused(t, b.Get("/v1/changes"), http.StatusForbidden, "consent_required")
	b.Consent()
	again := b.Get("/v1/timeline")
	harness.Answered(t, again, http.StatusOK)
	if strings.Contains(string(again.Body), `"source":"observed"`) {
		t.Error("what was remembered outlived the withdrawal")
	}
}

// Many requests of two devices see one change at the same time: each is answered, and
// the change is remembered once.
func TestTwoDevicesThatSeeAChangeTogetherRememberItOnce(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	devices := []*harness.Browser{s.Consented("tariq"), s.SignedIn("tariq")}
	consentToHistory(t, devices[0])
	harness.Answered(t, devices[0].Get("/v1/timeline"), http.StatusOK)
	if _, err := s.Sandbox.AdvanceCitizen("tariq", ""); err != nil {
		t.Fatal(err)
	}
	s.Clock.Advance(10 * time.Minute)
	var wg sync.WaitGroup
	for i := range 12 {
		wg.Go(func() {
			a, err := devices[i%2].DoOnce(t.Context(), http.MethodGet, "/v1/timeline", nil)
			if err != nil || a.Status != http.StatusOK {
				t.Errorf("status %d, %v: %s", a.Status, err, a.Body)
			}
		})
	}
	wg.Wait()
	for _, b := range devices {
		if c := readChanges(b, t, ""); len(c.Changes) != 1 {
			t.Errorf("%+v", c)
		}
	}
}
