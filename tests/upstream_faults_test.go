package tests_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/sandbox"
	"github.com/patient-care-aggregator/aggregator/tests/harness"
)

// view is what these tests read of an answer with data.
type view struct {
	Complete bool
	Sources  []struct {
		Status    string
		FetchedAt *time.Time
		LastTry   *struct {
			At time.Time
			OK bool
		}
		Issue *struct{ Code string }
	}
	Notices []struct {
		Code  string
		Count int
	}
	Referrals []struct {
		ID      string
		Service *struct {
			Name     *string
			Provider *struct{ Name *string }
		}
		Referrer *struct{ ODSCode, Name *string }
	}
}

type upstreamFault struct {
	fault  sandbox.Fault
	status int
	code   string
	issue  string
	// neverStale: an earlier answer of e-RS may not be used.
	neverStale bool
}

// upstreamFaults are the faults of e-RS and the token exchange, and
// what the citizen sees when there is no older reading.
func upstreamFaults() map[string]upstreamFault {
	ers := func(f sandbox.Fault) sandbox.Fault {
		f.Upstream, f.Operation = sandbox.ERS, "ServiceRequest"
		return f
	}
	token := func(f sandbox.Fault) sandbox.Fault {
		f.Upstream = sandbox.Platform
		return f
	}
	const bad, unavailable, late = http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout
	return map[string]upstreamFault{
		"status 400":          {fault: ers(sandbox.Fault{Kind: sandbox.Status, Status: 400}), status: bad, code: "upstream_unavailable", issue: "exception"},
		"status 403":          {fault: ers(sandbox.Fault{Kind: sandbox.Status, Status: 403}), status: bad, code: "upstream_unavailable", issue: "business-rule", neverStale: true},
		"status 500":          {fault: ers(sandbox.Fault{Kind: sandbox.Status, Status: 500}), status: bad, code: "upstream_unavailable", issue: "transient"},
		"status 503":          {fault: ers(sandbox.Fault{Kind: sandbox.Status, Status: 503}), status: unavailable, code: "service_unavailable", issue: "transient"},
		"status 504":          {fault: ers(sandbox.Fault{Kind: sandbox.Status, Status: 504}), status: late, code: "upstream_timeout", issue: "timeout"},
		"throttled":           {fault: ers(sandbox.Fault{Kind: sandbox.Throttled, RetryAfter: time.Minute}), status: unavailable, code: "service_unavailable", issue: "transient"},
		"a page as 502":       {fault: ers(sandbox.Fault{Kind: sandbox.HTML502}), status: bad, code: "upstream_unavailable", issue: "transient"},
		"malformed JSON":      {fault: ers(sandbox.Fault{Kind: sandbox.Malformed}), status: bad, code: "upstream_unavailable", issue: "structure"},
		"another resource":    {fault: ers(sandbox.Fault{Kind: sandbox.OtherResource}), status: bad, code: "upstream_unavailable", issue: "structure"},
		"200 without a body":  {fault: ers(sandbox.Fault{Kind: sandbox.Empty}), status: bad, code: "upstream_unavailable", issue: "structure"},
		"half an answer":      {fault: ers(sandbox.Fault{Kind: sandbox.Truncated}), status: bad, code: "upstream_unavailable", issue: "transient"},
		"tens of megabytes":   {fault: ers(sandbox.Fault{Kind: sandbox.Oversized}), status: bad, code: "upstream_unavailable", issue: "structure"},
		"a cut connection":    {fault: ers(sandbox.Fault{Kind: sandbox.Cut}), status: bad, code: "upstream_unavailable", issue: "transient"},
		"token endpoint 500":  {fault: token(sandbox.Fault{Kind: sandbox.Status, Status: 500}), status: bad, code: "upstream_unavailable", issue: "transient"},
		"token endpoint 503":  {fault: token(sandbox.Fault{Kind: sandbox.Status, Status: 503}), status: unavailable, code: "service_unavailable", issue: "transient"},
		"token endpoint cuts": {fault: token(sandbox.Fault{Kind: sandbox.Cut}), status: bad, code: "upstream_unavailable", issue: "transient"},
		"token as a page":     {fault: token(sandbox.Fault{Kind: sandbox.HTML502}), status: bad, code: "upstream_unavailable", issue: "transient"},
		"token without a body": {
			fault: token(sandbox.Fault{Kind: sandbox.Empty}), status: bad, code: "upstream_unavailable", issue: "structure",
		},
	}
}

func TestAFailureNeverLooksLikeAnEmptyTimeline(t *testing.T) {
	t.Parallel()
	for name, f := range upstreamFaults() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := harness.Start(t)
			for _, citizen := range []string{"nora", "bella"} { // one has nothing, one has something
				b := s.Consented(citizen)
				cancel := s.Sandbox.Order(f.fault)
				harness.Refused(t, b.Get("/v1/timeline"), f.status, f.code)
				harness.Refused(t, b.Get("/v1/appointments"), f.status, f.code)
				asked := len(s.Asked(sandbox.ERS, "ServiceRequest")) + len(s.Asked(sandbox.Platform, ""))
				for range 10 { // a source in trouble is not asked again at once
					harness.Refused(t, b.Post("/v1/timeline/refresh", nil), f.status, f.code)
				}
				if n := len(s.Asked(sandbox.ERS, "ServiceRequest")) + len(s.Asked(sandbox.Platform, "")); n != asked && !f.neverStale {
					t.Errorf("%d more requests", n-asked)
				}
				cancel()
				s.Clock.Advance(5 * time.Second)
				harness.Answered(t, b.Get("/v1/timeline"), http.StatusOK) // the next one finds all well again
			}
		})
	}
}

func TestAnOlderReadingStandsInAndSaysSo(t *testing.T) {
	t.Parallel()
	for name, f := range upstreamFaults() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := harness.Start(t)
			b := s.Consented("bella")
			harness.Answered(t, b.Get("/v1/timeline"), http.StatusOK)
			read1 := s.Clock.Now()
			s.Clock.Advance(11 * time.Minute) // the reading is old, and so is the access token
			s.Sandbox.Order(f.fault)
			a := b.Get("/v1/timeline")
			if f.neverStale {
				harness.Refused(t, a, f.status, f.code)
				return
			}
			harness.Answered(t, a, http.StatusMultiStatus)
			v := harness.Read[view](t, a.Body)
			source := v.Sources[0]
			if v.Complete || source.Status != "stale" || source.Issue == nil || source.Issue.Code != f.issue {
				t.Errorf("the source says %+v, want stale because of %s", source, f.issue)
			}
			if len(v.Referrals) != 1 || source.FetchedAt == nil || !source.FetchedAt.Equal(read1) {
				t.Errorf("%d referrals read at %v, want the older reading of %v", len(v.Referrals), source.FetchedAt, read1)
			}
			// A 207 is always told in full.
			harness.Answered(t, b.Get("/v1/timeline", "If-None-Match", a.Header.Get("ETag")), http.StatusMultiStatus)

			s.Clock.Advance(15 * time.Minute) // older than anybody should rely on
			harness.Refused(t, b.Get("/v1/timeline"), f.status, f.code)
		})
	}
}

// Who is worried and asks again must not be told that all is well because the try
// failed.
func TestAFailedTryIsToldUntilOneSucceeds(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	for _, citizen := range []string{"nora", "bella"} {
		b := s.Consented(citizen)
		harness.Answered(t, b.Get("/v1/timeline"), http.StatusOK)
		fetched := s.Clock.Now()
		s.Clock.Advance(15 * time.Second)
		cancel := s.Sandbox.Order(sandbox.Fault{Upstream: sandbox.ERS, Kind: sandbox.Status, Status: http.StatusInternalServerError})
		tried := s.Clock.Now()
		harness.Answered(t, b.Post("/v1/timeline/refresh", nil), http.StatusMultiStatus)
		for _, later := range []time.Duration{0, 3 * time.Second, 10 * time.Second} {
			s.Clock.Advance(later)
			a := b.Get("/v1/timeline")
			harness.Answered(t, a, http.StatusMultiStatus)
			v := harness.Read[view](t, a.Body)
			if got := v.Sources[0]; v.Complete || got.Status != "stale" || got.LastTry == nil || got.LastTry.OK || !got.LastTry.At.Equal(tried) || !got.FetchedAt.Equal(fetched) {
				t.Errorf("%s, %s later: %s", citizen, later, a.Body)
			}
		}
		cancel()
		s.Clock.Advance(10 * time.Second)
		a := b.Post("/v1/timeline/refresh", nil)
		harness.Answered(t, a, http.StatusOK)
		if v := harness.Read[view](t, a.Body); !v.Sources[0].LastTry.OK {
			t.Errorf("%s", a.Body)
		}
	}
}

func TestARevokedAccessTokenIsExchangedAnewOnce(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	b := s.Consented("bella")
	harness.Answered(t, b.Get("/v1/timeline"), http.StatusOK)
	if s.Sandbox.RevokeTokens("bella") != 1 {
		t.Fatal("there was no token to revoke")
	}
	s.Clock.Advance(10 * time.Second)
	harness.Answered(t, b.Post("/v1/timeline/refresh", nil), http.StatusOK)
	if n := len(s.Asked(sandbox.Platform, "")); n != 2 {
		t.Errorf("%d token exchanges, want 2", n)
	}

	t.Run("and when every token is refused nothing older stands in", func(t *testing.T) {
		s.Sandbox.ForgetRequests()
		s.Clock.Advance(10 * time.Second)
		s.Sandbox.Order(sandbox.Fault{Kind: sandbox.TokenRevoked, Upstream: sandbox.ERS})
		harness.Refused(t, b.In(t).Post("/v1/timeline/refresh", nil), http.StatusBadGateway, "upstream_unavailable")
		if n := len(s.Asked(sandbox.ERS, "ServiceRequest")); n != 2 {
			t.Errorf("e-RS was asked %d times, want the first try and one more", n)
		}
	})
}

func TestAServiceLookUpThatFailsCostsItsOwnPart(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	s.Sandbox.Order(sandbox.Fault{Kind: sandbox.Status, Status: 500, Upstream: sandbox.ERS, Operation: "HealthcareService"})
	b := s.Consented("bella")
	a := b.Get("/v1/timeline")
	harness.Answered(t, a, http.StatusMultiStatus)
	v := harness.Read[view](t, a.Body)
	if len(v.Referrals) != 1 || v.Sources[0].Status != "partial" || len(v.Notices) != 1 || v.Notices[0].Code != "service_not_found" {
		t.Errorf("answered %s", a.Body)
	}
}

func TestAMissingOrganisationNameAloneIsNoFailure(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	s.Sandbox.Order(sandbox.Fault{Kind: sandbox.Status, Status: 503, Upstream: sandbox.ODS})
	b := s.Consented("bella")
	a := b.Get("/v1/timeline")
	harness.Answered(t, a, http.StatusOK)
	r := harness.Read[view](t, a.Body).Referrals[0]
	if r.Referrer == nil || value(r.Referrer.ODSCode) != "B86001" {
		t.Errorf("the referrer is %+v, want its code at least", r.Referrer)
	}
}

func TestFormsThatStrayFromTheSchemaAreReadAllTheSame(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]sandbox.Fault{
		"numbers as strings from the token endpoint": {Kind: sandbox.StringNumbers, Upstream: sandbox.Platform},
		"numbers as strings from e-RS":               {Kind: sandbox.StringNumbers, Upstream: sandbox.ERS, Operation: "ServiceRequest"},
		"e-RS says text/plain":                       {Kind: sandbox.WrongContentType, Upstream: sandbox.ERS},
		"ODS says text/plain":                        {Kind: sandbox.WrongContentType, Upstream: sandbox.ODS},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := harness.Start(t)
			s.Sandbox.Order(f)
			harness.Answered(t, s.Consented("bella").Get("/v1/timeline"), http.StatusOK)
		})
	}
}

// e-RS says how long to wait, and so does the answer; without a word of e-RS it is
// half a minute.
func TestHowLongASourceAsksToWaitIsPassedOn(t *testing.T) {
	t.Parallel()
	for wait, want := range map[time.Duration]string{7 * time.Second: "7", time.Minute: "60", 0: "30"} {
		s := harness.Start(t)
		b := s.Consented("bella")
		s.Sandbox.Order(sandbox.Fault{Upstream: sandbox.ERS, Operation: "ServiceRequest", Kind: sandbox.Throttled, RetryAfter: wait})
		a := b.Get("/v1/timeline")
		harness.Refused(t, a, http.StatusServiceUnavailable, "service_unavailable")
		if got := a.Header.Get("Retry-After"); got != want {
			t.Errorf("e-RS asked for %v, the answer says %q", wait, got)
		}
	}
}
