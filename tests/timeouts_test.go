package tests_test

import (
	"net/http"
	"testing"

	"github.com/patient-care-aggregator/aggregator/internal/sandbox"
	"github.com/patient-care-aggregator/aggregator/tests/harness"
)

// These tests wait for real time-outs, one beside the other. They measure
// nothing: that an answer comes at all while an upstream hangs is what they prove.

func TestAHangingServiceLookUpCostsItsOwnPartAlone(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	s.Sandbox.Order(sandbox.Fault{Kind: sandbox.Hang, Upstream: sandbox.ERS, Operation: "HealthcareService"})
	a := s.Consented("bella").Get("/v1/timeline")
	harness.Answered(t, a, http.StatusMultiStatus)
	v := harness.Read[view](t, a.Body)
	if len(v.Referrals) != 1 || len(v.Notices) != 1 || v.Notices[0].Code != "service_not_found" {
		t.Errorf("answered %s", a.Body)
	}
	if r := v.Referrals[0]; r.Referrer == nil || r.Referrer.Name == nil {
		t.Error("the referrer's name is gone too, though only a service hung")
	}
}

func TestHangingOrganisationNamesCostNothingButTheNames(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	s.Sandbox.Order(sandbox.Fault{Kind: sandbox.Hang, Upstream: sandbox.ODS})
	a := s.Consented("bella").Get("/v1/timeline")
	harness.Answered(t, a, http.StatusOK)
	if v := harness.Read[view](t, a.Body); value(v.Referrals[0].Service.Name) == "" {
		t.Error("the service's name is gone too, though only ODS hung")
	}
}

func TestAHangingERSEndsInATimeout(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	s.Sandbox.Order(sandbox.Fault{Kind: sandbox.Hang, Upstream: sandbox.ERS, Operation: "ServiceRequest"})
	harness.Refused(t, s.Consented("bella").Get("/v1/timeline"), http.StatusGatewayTimeout, "upstream_timeout")
}

func TestAnERSThatDripsEndsInATimeout(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	s.Sandbox.Order(sandbox.Fault{Kind: sandbox.Drip, Upstream: sandbox.ERS, Operation: "ServiceRequest"})
	harness.Refused(t, s.Consented("bella").Get("/v1/timeline"), http.StatusGatewayTimeout, "upstream_timeout")
}

func TestAHangingTokenEndpointEndsInATimeout(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	s.Sandbox.Order(sandbox.Fault{Kind: sandbox.Hang, Upstream: sandbox.Platform})
	harness.Refused(t, s.Consented("bella").Get("/v1/timeline"), http.StatusGatewayTimeout, "upstream_timeout")
}

func TestAHangingNHSLoginEndsTheSignInOnly(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	b := s.Consented("sunny")
	s.Sandbox.Order(sandbox.Fault{Kind: sandbox.Hang, Upstream: sandbox.NHSLogin, Operation: "token"})
	other := s.Browser()
	harness.Refused(t, other.Must(other.Journey.SignIn(t.Context(), "bella", "/auth/session")), http.StatusServiceUnavailable, "sign_in_unavailable")
	harness.Answered(t, b.Get("/v1/timeline"), http.StatusOK)
}
