package tests_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
)

type changes struct {
	Changes []struct {
		ReferralID, Kind, Title string
		From, To                *string
	}
	Next *string
}

func (b *browser) changes(t *testing.T, query string) changes {
	t.Helper()
	a := b.get("/v1/changes" + query)
	answered(t, a, http.StatusOK)
	var c changes
	if err := json.Unmarshal(a.Body, &c); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestWhatChangedIsRememberedOnlyWithConsent(t *testing.T) {
	t.Parallel()
	s := start(t)
	b := s.consented("tariq")

	refusal := b.get("/v1/changes")
	refused(t, refusal, http.StatusForbidden, "consent_required")
	if !strings.Contains(string(refusal.Body), `"scopes":["history:store"]`) {
		t.Fatalf("asks for more than is missing: %s", refusal.Body)
	}
	answered(t, b.must(b.Consent(t.Context(), refusal.Body)), http.StatusOK)

	answered(t, b.get("/v1/timeline"), http.StatusOK)
	if c := b.changes(t, ""); len(c.Changes) != 0 {
		t.Fatalf("the first read is no news: %+v", c)
	}
	if _, err := s.Sandbox.AdvanceCitizen("tariq", ""); err != nil {
		t.Fatal(err)
	}
	s.clock.Advance(3 * 24 * time.Hour)
	b = s.signedIn("tariq")
	after := b.get("/v1/timeline")
	answered(t, after, http.StatusOK)
	if !strings.Contains(string(after.Body), `"source":"observed"`) {
		t.Errorf("the earlier stage is not among the events: %s", after.Body)
	}
	c := b.changes(t, "")
	if len(c.Changes) == 0 || c.Changes[0].From == nil || *c.Changes[0].From != "AWAITING_TRIAGE" || c.Next == nil {
		t.Fatalf("%+v", c)
	}
	if more := b.changes(t, "?cursor="+*c.Next); len(more.Changes) != 0 || *more.Next != *c.Next {
		t.Fatalf("reading on gives it again: %+v", more)
	}
	for _, bad := range []string{"?since=yesterday", "?limit=0", "?limit=1000", "?cursor=x"} {
		refused(t, b.get("/v1/changes"+bad), http.StatusBadRequest, "bad_request")
	}

	var list struct{ Consents []struct{ ID string } }
	if err := json.Unmarshal(b.get("/v1/consents").Body, &list); err != nil {
		t.Fatal(err)
	}
	for _, each := range list.Consents {
		answered(t, b.delete("/v1/consents/"+each.ID), http.StatusNoContent)
	}
	refused(t, b.get("/v1/changes"), http.StatusForbidden, "consent_required")
	b.consent()
	again := b.get("/v1/timeline")
	answered(t, again, http.StatusOK)
	if strings.Contains(string(again.Body), `"source":"observed"`) {
		t.Error("what was remembered outlived the withdrawal")
	}
}
