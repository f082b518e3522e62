package tests_test

import (
	"net/http"
	"strings"
	"testing"
)

type consentRequest struct {
	ClientID      string   `json:"clientId"`
	Scopes        []string `json:"scopes"`
	NoticeVersion string   `json:"noticeVersion"`
}

type consentView struct {
	ID, ClientID, Status, NoticeVersion string
	Scopes                              []string
	WithdrawnAt                         *string
}

// wanted is what the timeline's refusal asks for.
func (b *browser) wanted() consentRequest {
	b.t.Helper()
	a := b.get("/v1/timeline")
	refused(b.t, a, http.StatusForbidden, "consent_required")
	return read[struct{ ConsentRequest consentRequest }](b.t, a.Body).ConsentRequest
}

func (b *browser) consents() []consentView {
	b.t.Helper()
	return read[struct{ Consents []consentView }](b.t, b.get("/v1/consents").Body).Consents
}

func TestWithoutConsentNothingIsShownAndNobodyIsAsked(t *testing.T) {
	t.Parallel()
	s := start(t)
	b := s.signedIn("bella")
	for _, path := range []string{"/v1/timeline", "/v1/referrals", "/v1/appointments", "/v1/referrals/x", "/v1/referrals/x/manage", "/v1/appointments/x/calendar.ics"} {
		refused(t, b.get(path), http.StatusForbidden, "consent_required")
	}
	refused(t, b.post("/v1/timeline/refresh", nil), http.StatusForbidden, "consent_required")
	refused(t, b.post("/v1/referrals/x/manage", nil), http.StatusForbidden, "consent_required")
	if n := len(s.asked("ers", "")) + len(s.asked("platform", "")); n != 0 {
		t.Errorf("the NHS was asked %d times before the citizen consented", n)
	}
}

func TestTheRefusalCarriesTheConsentToAskFor(t *testing.T) {
	t.Parallel()
	b := start(t).signedIn("bella")
	refusal := b.get("/v1/timeline")
	p := read[struct{ ConsentURL string }](t, refusal.Body)
	if p.ConsentURL != b.s.URL+"/consent" {
		t.Errorf("consentUrl is %q", p.ConsentURL)
	}
	notice := read[struct {
		Version string
		Scopes  []string
	}](t, b.get("/v1/privacy-notice").Body)
	want := b.wanted()
	if want.NoticeVersion != notice.Version || want.ClientID != "web" || len(want.Scopes) != 1 || want.Scopes[0] != "timeline:read" {
		t.Errorf("asks for %+v, the notice in force is %s", want, notice.Version)
	}

	t.Run("posted as it stands it grants", func(t *testing.T) {
		b := b.in(t)
		a := b.must(b.Consent(t.Context(), refusal.Body))
		answered(t, a, http.StatusCreated)
		made := read[consentView](t, a.Body)
		if a.Header.Get("Location") != "/v1/consents/"+made.ID || made.Status != "active" {
			t.Errorf("Location %q, consent %+v", a.Header.Get("Location"), made)
		}
		answered(t, b.get("/v1/timeline"), http.StatusOK)
	})
	t.Run("posted again it renews the same", func(t *testing.T) {
		b := b.in(t)
		a := b.must(b.Consent(t.Context(), refusal.Body))
		answered(t, a, http.StatusOK)
		if list := b.consents(); len(list) != 1 {
			t.Errorf("there are %d consents", len(list))
		}
	})
}

func TestAnOlderNoticeAsksToReadTheNewOne(t *testing.T) {
	t.Parallel()
	b := start(t).signedIn("bella")
	want := b.wanted()
	inForce := want.NoticeVersion
	want.NoticeVersion = "2020-01-01"
	a := b.post("/v1/consents", want)
	refused(t, a, http.StatusConflict, "notice_outdated")
	if p := read[struct{ NoticeVersion string }](t, a.Body); p.NoticeVersion != inForce {
		t.Errorf("names version %q, in force is %q", p.NoticeVersion, inForce)
	}
	answered(t, b.get("/v1/privacy-notice?version="+inForce), http.StatusOK)
	refused(t, b.get("/v1/privacy-notice?version=2020-01-01"), http.StatusNotFound, "not_found")
	refused(t, b.get("/v1/timeline"), http.StatusForbidden, "consent_required")
}

func TestNobodyCanConsentToWhatTheNoticeDoesNotName(t *testing.T) {
	t.Parallel()
	b := start(t).signedIn("bella")
	want := b.wanted()
	want.Scopes = []string{"timeline:read", "letters:read"}
	refused(t, b.post("/v1/consents", want), http.StatusBadRequest, "bad_request")
	if list := b.consents(); len(list) != 0 {
		t.Errorf("there are %d consents", len(list))
	}
}

func TestAnIdempotencyKeyStandsForOneAct(t *testing.T) {
	t.Parallel()
	b := start(t).signedIn("bella")
	want := b.wanted()
	first := b.post("/v1/consents", want, "Idempotency-Key", "act-1")
	answered(t, first, http.StatusCreated)
	again := b.post("/v1/consents", want, "Idempotency-Key", "act-1")
	answered(t, again, http.StatusOK)
	if a, b := read[consentView](t, first.Body), read[consentView](t, again.Body); a.ID != b.ID {
		t.Errorf("the repeat made consent %s beside %s", b.ID, a.ID)
	}
	want.Scopes = append(want.Scopes, "history:store")
	refused(t, b.post("/v1/consents", want, "Idempotency-Key", "act-1"), http.StatusConflict, "conflict")
	refused(t, b.post("/v1/consents", want, "Idempotency-Key", strings.Repeat("k", 129)), http.StatusBadRequest, "bad_request")
}

func TestWithdrawalTakesEffectWithTheNextRequest(t *testing.T) {
	t.Parallel()
	s := start(t)
	b := s.signedIn("sunny")
	id := read[consentView](t, b.consent().Body).ID
	shown := b.get("/v1/timeline")
	answered(t, shown, http.StatusOK)

	answered(t, b.delete("/v1/consents/"+id), http.StatusNoContent)
	refused(t, b.get("/v1/timeline", "If-None-Match", shown.Header.Get("ETag")), http.StatusForbidden, "consent_required")
	refused(t, b.get("/v1/timeline", "If-None-Match", "*"), http.StatusForbidden, "consent_required")
	refused(t, b.get("/v1/timeline"), http.StatusForbidden, "consent_required")
	refused(t, b.post("/v1/timeline/refresh", nil), http.StatusForbidden, "consent_required")
	if list := b.consents(); len(list) != 1 || list[0].Status != "withdrawn" || list[0].WithdrawnAt == nil {
		t.Errorf("the list says %+v", list)
	}
	answered(t, b.delete("/v1/consents/"+id), http.StatusNoContent) // twice is harmless

	t.Run("and granting again shows it again", func(t *testing.T) {
		b := b.in(t)
		before := len(s.asked("ers", "ServiceRequest"))
		if again := read[consentView](t, b.consent().Body); again.ID == id {
			t.Error("the withdrawn consent came back to life")
		}
		answered(t, b.get("/v1/timeline"), http.StatusOK)
		if len(s.asked("ers", "ServiceRequest")) != before+1 {
			t.Error("what was kept from before the withdrawal was shown")
		}
	})
}

func TestTwoDevicesOfOneCitizenShareTheirConsents(t *testing.T) {
	t.Parallel()
	s := start(t)
	phone, tablet := s.signedIn("bella"), s.signedIn("bella")
	id := read[consentView](t, phone.consent().Body).ID
	answered(t, tablet.get("/v1/timeline"), http.StatusOK)
	answered(t, tablet.delete("/v1/consents/"+id), http.StatusNoContent)
	refused(t, phone.get("/v1/timeline"), http.StatusForbidden, "consent_required")
	refused(t, tablet.get("/v1/timeline"), http.StatusForbidden, "consent_required")
}

func TestNobodyTouchesAnotherCitizensConsents(t *testing.T) {
	t.Parallel()
	s := start(t)
	bella, sunny := s.signedIn("bella"), s.consented("sunny")
	id := read[consentView](t, bella.consent().Body).ID
	refused(t, sunny.delete("/v1/consents/"+id), http.StatusNotFound, "not_found")
	refused(t, sunny.delete("/v1/consents/no-such-id"), http.StatusNotFound, "not_found")
	answered(t, bella.get("/v1/timeline"), http.StatusOK)
	for _, c := range sunny.consents() {
		if c.ID == id {
			t.Error("the list shows another citizen's consent")
		}
	}
}
