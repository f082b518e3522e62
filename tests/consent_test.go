package tests_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/patient-care-aggregator/aggregator/tests/harness"
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

// wantedConsent is what the timeline's refusal asks for.
func wantedConsent(b *harness.Browser) consentRequest {
	b.T.Helper()
	a := b.Get("/v1/timeline")
	harness.Refused(b.T, a, http.StatusForbidden, "consent_required")
	return harness.Read[struct{ ConsentRequest consentRequest }](b.T, a.Body).ConsentRequest
}

func consentsOf(b *harness.Browser) []consentView {
	b.T.Helper()
	return harness.Read[struct{ Consents []consentView }](b.T, b.Get("/v1/consents").Body).Consents
}

func TestWithoutConsentNothingIsShownAndNobodyIsAsked(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	b := s.SignedIn("bella")
	for _, path := range []string{"/v1/timeline", "/v1/referrals", "/v1/appointments", "/v1/referrals/x", "/v1/referrals/x/manage", "/v1/appointments/x/calendar.ics"} {
		harness.Refused(t, b.Get(path), http.StatusForbidden, "consent_required")
	}
	harness.Refused(t, b.Post("/v1/timeline/refresh", nil), http.StatusForbidden, "consent_required")
	harness.Refused(t, b.Post("/v1/referrals/x/manage", nil), http.StatusForbidden, "consent_required")
	if n := len(s.Asked("ers", "")) + len(s.Asked("platform", "")); n != 0 {
		t.Errorf("the NHS was asked %d times before the citizen consented", n)
	}
}

func TestTheRefusalCarriesTheConsentToAskFor(t *testing.T) {
	t.Parallel()
	b := harness.Start(t).SignedIn("bella")
	refusal := b.Get("/v1/timeline")
	p := harness.Read[struct{ ConsentURL string }](t, refusal.Body)
	if p.ConsentURL != b.URL+"/consent" {
		t.Errorf("consentUrl is %q", p.ConsentURL)
	}
	notice := harness.Read[struct {
		Version string
		Scopes  []string
	}](t, b.Get("/v1/privacy-notice").Body)
	want := wantedConsent(b)
	if want.NoticeVersion != notice.Version || want.ClientID != "web" || len(want.Scopes) != 1 || want.Scopes[0] != "timeline:read" {
		t.Errorf("asks for %+v, the notice in force is %s", want, notice.Version)
	}

	t.Run("posted as it stands it grants", func(t *testing.T) {
		b := b.In(t)
		a := b.Must(b.Journey.Consent(t.Context(), refusal.Body))
		harness.Answered(t, a, http.StatusCreated)
		made := harness.Read[consentView](t, a.Body)
		if a.Header.Get("Location") != "/v1/consents/"+made.ID || made.Status != "active" {
			t.Errorf("Location %q, consent %+v", a.Header.Get("Location"), made)
		}
		harness.Answered(t, b.Get("/v1/timeline"), http.StatusOK)
	})
	t.Run("posted again it renews the same", func(t *testing.T) {
		b := b.In(t)
		a := b.Must(b.Journey.Consent(t.Context(), refusal.Body))
		harness.Answered(t, a, http.StatusOK)
		if list := consentsOf(b); len(list) != 1 {
			t.Errorf("there are %d consents", len(list))
		}
	})
}

func TestAnOlderNoticeAsksToReadTheNewOne(t *testing.T) {
	t.Parallel()
	b := harness.Start(t).SignedIn("bella")
	want := wantedConsent(b)
	inForce := want.NoticeVersion
	want.NoticeVersion = "2020-01-01"
	a := b.Post("/v1/consents", want)
	harness.Refused(t, a, http.StatusConflict, "notice_outdated")
	if p := harness.Read[struct{ NoticeVersion string }](t, a.Body); p.NoticeVersion != inForce {
		t.Errorf("names version %q, in force is %q", p.NoticeVersion, inForce)
	}
	harness.Answered(t, b.Get("/v1/privacy-notice?version="+inForce), http.StatusOK)
	harness.Refused(t, b.Get("/v1/privacy-notice?version=2020-01-01"), http.StatusNotFound, "not_found")
	harness.Refused(t, b.Get("/v1/timeline"), http.StatusForbidden, "consent_required")
}

func TestNobodyCanConsentToWhatTheNoticeDoesNotName(t *testing.T) {
	t.Parallel()
	b := harness.Start(t).SignedIn("bella")
	want := wantedConsent(b)
	want.Scopes = []string{"timeline:read", "letters:read"}
	harness.Refused(t, b.Post("/v1/consents", want), http.StatusBadRequest, "bad_request")
	if list := consentsOf(b); len(list) != 0 {
		t.Errorf("there are %d consents", len(list))
	}
}

func TestAnIdempotencyKeyStandsForOneAct(t *testing.T) {
	t.Parallel()
	b := harness.Start(t).SignedIn("bella")
	want := wantedConsent(b)
	first := b.Post("/v1/consents", want, "Idempotency-Key", "act-1")
	harness.Answered(t, first, http.StatusCreated)
	again := b.Post("/v1/consents", want, "Idempotency-Key", "act-1")
	harness.Answered(t, again, http.StatusOK)
	if a, b := harness.Read[consentView](t, first.Body), harness.Read[consentView](t, again.Body); a.ID != b.ID {
		t.Errorf("the repeat made consent %s beside %s", b.ID, a.ID)
	}
	want.Scopes = append(want.Scopes, "history:store")
	harness.Refused(t, b.Post("/v1/consents", want, "Idempotency-Key", "act-1"), http.StatusConflict, "conflict")
	for _, key := range []string{strings.Repeat("k", 129), "\xff", "caf\u00e9"} {
		harness.Refused(t, b.Post("/v1/consents", want, "Idempotency-Key", key), http.StatusBadRequest, "bad_request")
	}
}

func TestWithdrawalTakesEffectWithTheNextRequest(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	b := s.SignedIn("sunny")
	id := harness.Read[consentView](t, b.Consent().Body).ID
	shown := b.Get("/v1/timeline")
	harness.Answered(t, shown, http.StatusOK)

	harness.Answered(t, b.Delete("/v1/consents/"+id), http.StatusNoContent)
	harness.Refused(t, b.Get("/v1/timeline", "If-None-Match", shown.Header.Get("ETag")), http.StatusForbidden, "consent_required")
	harness.Refused(t, b.Get("/v1/timeline", "If-None-Match", "*"), http.StatusForbidden, "consent_required")
	harness.Refused(t, b.Get("/v1/timeline"), http.StatusForbidden, "consent_required")
	harness.Refused(t, b.Post("/v1/timeline/refresh", nil), http.StatusForbidden, "consent_required")
	if list := consentsOf(b); len(list) != 1 || list[0].Status != "withdrawn" || list[0].WithdrawnAt == nil {
		t.Errorf("the list says %+v", list)
	}
	harness.Answered(t, b.Delete("/v1/consents/"+id), http.StatusNoContent) // twice is harmless

	t.Run("and granting again shows it again", func(t *testing.T) {
		b := b.In(t)
		before := len(s.Asked("ers", "ServiceRequest"))
		if again := harness.Read[consentView](t, b.Consent().Body); again.ID == id {
			t.Error("the withdrawn consent came back to life")
		}
		harness.Answered(t, b.Get("/v1/timeline"), http.StatusOK)
		if len(s.Asked("ers", "ServiceRequest")) != before+1 {
			t.Error("what was kept from before the withdrawal was shown")
		}
	})
}

func TestTwoDevicesOfOneCitizenShareTheirConsents(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	phone, tablet := s.SignedIn("bella"), s.SignedIn("bella")
	id := harness.Read[consentView](t, phone.Consent().Body).ID
	harness.Answered(t, tablet.Get("/v1/timeline"), http.StatusOK)
	harness.Answered(t, tablet.Delete("/v1/consents/"+id), http.StatusNoContent)
	harness.Refused(t, phone.Get("/v1/timeline"), http.StatusForbidden, "consent_required")
	harness.Refused(t, tablet.Get("/v1/timeline"), http.StatusForbidden, "consent_required")
}

func TestNobodyTouchesAnotherCitizensConsents(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	bella, sunny := s.SignedIn("bella"), s.Consented("sunny")
	id := harness.Read[consentView](t, bella.Consent().Body).ID
	harness.Refused(t, sunny.Delete("/v1/consents/"+id), http.StatusNotFound, "not_found")
	harness.Refused(t, sunny.Delete("/v1/consents/no-such-id"), http.StatusNotFound, "not_found")
	harness.Answered(t, bella.Get("/v1/timeline"), http.StatusOK)
	for _, c := range consentsOf(sunny) {
		if c.ID == id {
			t.Error("the list shows another citizen's consent")
		}
	}
}
