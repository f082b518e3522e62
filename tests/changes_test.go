package tests_test

import (
	"encoding/json"
	"net/http"
	"strings"
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

func TestWhatChangedIsRememberedOnlyWithConsent(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	b := s.Consented("tariq")

	refusal := b.Get("/v1/changes")
	harness.Refused(t, refusal, http.StatusForbidden, "consent_required")
	if !strings.Contains(string(refusal.Body), `"scopes":["history:store"]`) {
		t.Fatalf("asks for more than is missing: %s", refusal.Body)
	}
	harness.Answered(t, b.Must(b.Journey.Consent(t.Context(), refusal.Body)), http.StatusOK)

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
