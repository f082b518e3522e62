package tests_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/sandbox"
	"github.com/patient-care-aggregator/aggregator/tests/harness"
)

func TestASecondLookAsksTheNHSNothing(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	b := s.Consented("sunny")
	harness.Answered(t, b.Get("/v1/timeline"), http.StatusOK)
	s.Sandbox.ForgetRequests()
	s.Clock.Advance(59 * time.Second)
	for _, path := range []string{"/v1/timeline", "/v1/referrals", "/v1/appointments"} {
		harness.Answered(t, b.Get(path), http.StatusOK)
	}
	if asked := s.Sandbox.Requests(); len(asked) != 0 {
		t.Errorf("the NHS was asked %d times, first %s", len(asked), asked[0].Path)
	}
	t.Run("until the reading is a minute old", func(t *testing.T) {
		s.Clock.Advance(2 * time.Second)
		harness.Answered(t, b.In(t).Get("/v1/timeline"), http.StatusOK)
		if n := len(s.Asked(sandbox.ERS, "ServiceRequest")); n != 1 {
			t.Errorf("e-RS was asked %d times, want once", n)
		}
	})
}

func TestACrowdOfOneCitizensRequestsAsksOnce(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	b := s.Consented("sunny")
	// e-RS takes its time, so that all fifty wait for the one question.
	s.Sandbox.Order(sandbox.Fault{Kind: sandbox.Delay, Delay: 300 * time.Millisecond, Upstream: sandbox.ERS, Operation: "ServiceRequest"})
	const crowd = 50
	statuses := make(chan int, crowd)
	for range crowd {
		go func() {
			a, err := b.DoOnce(t.Context(), http.MethodGet, "/v1/timeline", nil)
			if err != nil {
				t.Error(err)
			}
			statuses <- a.Status
		}()
	}
	for range crowd {
		if status := <-statuses; status != http.StatusOK {
			t.Errorf("status %d", status)
		}
	}
	if n := len(s.Asked(sandbox.ERS, "ServiceRequest")); n != 1 {
		t.Errorf("e-RS was asked %d times, want once", n)
	}
	if n := len(s.Asked(sandbox.Platform, "")); n != 1 {
		t.Errorf("%d token exchanges, want 1", n)
	}
	if released := entriesOf(s, "data_released"); len(released) != crowd {
		t.Errorf("%d answers stand in the log, want %d", len(released), crowd)
	}
	asked := entriesOf(s, "upstream_asked")
	if len(asked) != 1 || asked[0].CorrelationID != s.Asked(sandbox.ERS, "ServiceRequest")[0].Header.Get("X-Correlation-ID") {
		t.Errorf("the log tells of %+v", asked)
	}
}

func TestARefreshAsksAgain(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	b := s.Consented("lily")
	harness.Answered(t, b.Get("/v1/timeline"), http.StatusOK)
	if _, err := s.Sandbox.AdvanceCitizen("lily", ""); err != nil {
		t.Fatal(err)
	}
	before := b.Get("/v1/timeline")
	for range 5 { // what is so young is not asked for again: e-RS's quota belongs to everybody
		a := b.Post("/v1/timeline/refresh", nil)
		if harness.Answered(t, a, http.StatusOK); a.Header.Get("Retry-After") != "10" {
			t.Errorf("Retry-After is %q", a.Header.Get("Retry-After"))
		}
	}
	if n := len(s.Asked(sandbox.ERS, "ServiceRequest")); n != 1 {
		t.Errorf("e-RS was asked %d times, want once", n)
	}
	s.Clock.Advance(10 * time.Second)
	after := b.Post("/v1/timeline/refresh", nil)
	harness.Answered(t, after, http.StatusOK)
	if n := len(s.Asked(sandbox.ERS, "ServiceRequest")); n != 2 {
		t.Errorf("e-RS was asked %d times, want 2", n)
	}
	if before.Header.Get("ETag") == after.Header.Get("ETag") {
		t.Error("what changed at the NHS does not show")
	}
	// What was refreshed serves the next look too.
	harness.Answered(t, b.Get("/v1/timeline", "If-None-Match", after.Header.Get("ETag")), http.StatusNotModified)
}

func TestTwoCitizensShareWhatBelongsToNobody(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	harness.Answered(t, s.Consented("bella").Get("/v1/timeline"), http.StatusOK)
	s.Sandbox.ForgetRequests()
	harness.Answered(t, s.Consented("summer").Get("/v1/timeline"), http.StatusOK) // the same clinic and surgery
	if n := len(s.Asked(sandbox.ERS, "HealthcareService")) + len(s.Asked(sandbox.ODS, "")); n != 0 {
		t.Errorf("the clinic and the surgery were looked up again, %d times", n)
	}
	if n := len(s.Asked(sandbox.ERS, "ServiceRequest")); n != 1 {
		t.Errorf("e-RS was asked %d times for the second citizen, want once", n)
	}
}

func TestAnAccessTokenServesItsLifeAndNoLonger(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	b := s.Consented("bella")
	for range 3 {
		harness.Answered(t, b.Post("/v1/timeline/refresh", nil), http.StatusOK)
	}
	if n := len(s.Asked(sandbox.Platform, "")); n != 1 {
		t.Errorf("%d token exchanges for three readings, want 1", n)
	}
	s.Clock.Advance(10 * time.Minute)
	harness.Answered(t, b.Post("/v1/timeline/refresh", nil), http.StatusOK)
	exchanges := s.Asked(sandbox.Platform, "")
	if len(exchanges) != 2 {
		t.Fatalf("%d token exchanges, want a second after the token's life", len(exchanges))
	}
	if a, b := exchanges[0].Form.Get("client_assertion"), exchanges[1].Form.Get("client_assertion"); a == b {
		t.Error("a client assertion was used twice")
	}
	if a, b := exchanges[0].Form.Get("subject_token"), exchanges[1].Form.Get("subject_token"); a != b {
		t.Error("the second exchange is not of the same ID token")
	}
}

func TestASecondSignInDoesNotUseTheFirstOnesToken(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	phone, tablet := s.Consented("bella"), s.SignedIn("bella")
	harness.Answered(t, phone.Post("/v1/timeline/refresh", nil), http.StatusOK)
	s.Clock.Advance(10 * time.Second)
	harness.Answered(t, tablet.Post("/v1/timeline/refresh", nil), http.StatusOK)
	if n := len(s.Asked(sandbox.Platform, "")); n != 2 {
		t.Errorf("%d token exchanges, want one for each sign-in", n)
	}
}
