package tests_test

import (
	"context"
	"net/http"
	"slices"
	"testing"

	"github.com/google/uuid"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/sandbox"
	"github.com/patient-care-aggregator/aggregator/internal/store"
	"github.com/patient-care-aggregator/aggregator/tests/harness"
)

// withLog reads the audit log while the service runs, as an auditor's command does.
func withLog(s *harness.Service, do func(context.Context, *store.Store)) {
	s.T.Helper()
	db, err := store.OpenBeside(s.T.Context(), s.Env["PCA_DATABASE_URL"], store.Options{})
	if err != nil {
		s.T.Fatal(err)
	}
	do(s.T.Context(), db)
	if err := db.Close(); err != nil {
		s.T.Fatal(err)
	}
}

// recordsOf returns the whole log in its order.
func recordsOf(s *harness.Service) []audit.Record {
	s.T.Helper()
	var all []audit.Record
	withLog(s, func(ctx context.Context, db *store.Store) {
		var err error
		if all, err = db.Log().Records(ctx, -1, 10_000); err != nil {
			s.T.Fatal(err)
		}
	})
	return all
}

// entriesOf returns those of a kind; none given: all.
func entriesOf(s *harness.Service, kinds ...audit.Kind) []audit.Entry {
	s.T.Helper()
	var found []audit.Entry
	for _, r := range recordsOf(s) {
		e, err := r.Entry()
		if err != nil {
			s.T.Fatal(err)
		}
		if len(kinds) == 0 || slices.Contains(kinds, e.Kind) {
			found = append(found, e)
		}
	}
	return found
}

// entriesAbout returns the entries of one request, by its correlation id.
func entriesAbout(s *harness.Service, id string) []audit.Entry {
	s.T.Helper()
	var found []audit.Entry
	for _, r := range recordsOf(s) {
		if r.Opening == nil || r.Opening.Correlation == nil || r.Opening.Correlation.ID != id {
			continue
		}
		e, err := r.Entry()
		if err != nil {
			s.T.Fatal(err)
		}
		found = append(found, e)
	}
	return found
}

func TestEveryAnswerWithDataStandsInTheLog(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	b := s.SignedIn("sunny")
	consent := harness.Read[consentView](t, b.Consent().Body).ID
	tag := b.Get("/v1/timeline").Header.Get("ETag")
	first := harness.Read[view](t, b.Get("/v1/referrals").Body).Referrals[0].ID

	for name, c := range map[string]struct {
		method, path string
		headers      []string
		status       int
		kind         audit.Kind
		referrals    int
	}{
		"a timeline":             {http.MethodGet, "/v1/timeline", nil, http.StatusOK, audit.DataReleased, 4},
		"nothing changed":        {http.MethodGet, "/v1/timeline", []string{"If-None-Match", tag}, http.StatusNotModified, audit.DataNotModified, 4},
		"a refresh":              {http.MethodPost, "/v1/timeline/refresh", nil, http.StatusOK, audit.DataReleased, 4},
		"the referrals":          {http.MethodGet, "/v1/referrals", nil, http.StatusOK, audit.DataReleased, 4},
		"one referral":           {http.MethodGet, "/v1/referrals/" + first, nil, http.StatusOK, audit.DataReleased, 1},
		"the appointments":       {http.MethodGet, "/v1/appointments", nil, http.StatusOK, audit.DataReleased, 1},
		"no appointment of 1999": {http.MethodGet, "/v1/appointments?from=1999-01-01&to=1999-12-31", nil, http.StatusOK, audit.DataReleased, 0},
	} {
		t.Run(name, func(t *testing.T) {
			id := uuid.NewString()
			a := b.In(t).Must(b.DoOnce(t.Context(), c.method, c.path, nil, append(c.headers, "X-Correlation-ID", id)...))
			harness.Answered(t, a, c.status)
			entries := slices.DeleteFunc(entriesAbout(s, id), func(e audit.Entry) bool { return e.Kind == audit.UpstreamAsked })
			if len(entries) != 1 {
				t.Fatalf("%d entries, want one", len(entries))
			}
			e := entries[0]
			if e.Kind != c.kind || e.Outcome != audit.Succeeded || e.Consent != consent || e.Client != "web" || !e.List.IsCitizens() || e.AsOf.IsZero() || e.Digest == "" ||
				e.Policy == "" || e.ValueSets == "" || e.Referrals != c.referrals || (e.ReferralsDigest == "") != (c.referrals == 0) {
				t.Errorf("the entry is %+v", e)
			}
		})
	}
}

func TestEveryRefusalStandsInTheLog(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	for name, c := range map[string]struct {
		request func(t *testing.T, id string) int
		kind    audit.Kind
		reason  string
		outcome audit.Outcome
	}{
		"no consent": {func(t *testing.T, id string) int {
			return s.SignedIn("bella").In(t).Get("/v1/timeline", "X-Correlation-ID", id).Status
		}, audit.DataRefused, "no_consent", audit.Refused},
		"e-RS fails": {func(t *testing.T, id string) int {
			b := s.Consented("nora").In(t)
			defer s.Sandbox.Order(sandbox.Fault{Kind: sandbox.Status, Status: 500, Upstream: sandbox.ERS})()
			return b.Get("/v1/timeline", "X-Correlation-ID", id).Status
		}, audit.DataRefused, "upstream_unavailable", audit.Failed},
		"a referral that is not the citizen's": {func(t *testing.T, id string) int {
			return s.Consented("tariq").In(t).Get("/v1/referrals/AAAAAAAAAAAAAAAAAAAAAA", "X-Correlation-ID", id).Status
		}, audit.DataRefused, "not_found", audit.Refused},
		"another person's data": {func(t *testing.T, id string) int {
			return s.Consented("olive").In(t).Get("/v1/timeline", "X-Correlation-ID", id).Status
		}, audit.DataRefused, "upstream_unavailable", audit.Failed},
		"aged 15": {func(t *testing.T, id string) int {
			b := s.Browser().In(t)
			return b.Get(callbackOf(b, "yusuf"), "X-Correlation-ID", id).Status
		}, audit.SignInRefused, "under_16", audit.Refused},
	} {
		t.Run(name, func(t *testing.T) {
			id := uuid.NewString()
			if status := c.request(t, id); status < http.StatusBadRequest {
				t.Fatalf("status %d", status)
			}
			entries := entriesAbout(s, id)
			isForeign := func(e audit.Entry) bool {
				return e.Kind == audit.ForeignData && e.Outcome == audit.Refused && e.Purpose != ""
			}
			if slices.ContainsFunc(entries, isForeign) != (name == "another person's data") {
				t.Errorf("foreign data in %+v", entries)
			}
			entries = slices.DeleteFunc(entries, func(e audit.Entry) bool { return e.Kind == audit.UpstreamAsked || e.Kind == audit.ForeignData })
			if len(entries) != 1 {
				t.Fatalf("%d entries, want one", len(entries))
			}
			e := entries[0]
			if e.Kind != c.kind || e.Outcome != c.outcome || e.Reason != c.reason || e.Referrals != 0 || e.Digest != "" {
				t.Errorf("the entry is %+v", e)
			}
		})
	}
}

func TestTheLogTellsTheCitizensWholeStory(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	b := s.SignedIn("bella")
	id := harness.Read[consentView](t, b.Consent().Body).ID
	harness.Answered(t, b.Get("/v1/timeline"), http.StatusOK)
	harness.Answered(t, b.Delete("/v1/consents/"+id), http.StatusNoContent)
	harness.Answered(t, b.Post("/auth/logout", nil), http.StatusNoContent)

	var story []audit.Kind
	for _, e := range entriesOf(s) {
		if e.List.IsCitizens() { // the service tells of itself too
			story = append(story, e.Kind)
		}
	}
	want := []audit.Kind{
		audit.SignedIn, audit.DataRefused, audit.ConsentGranted, audit.UpstreamAsked, audit.DataReleased, audit.ConsentWithdrawn, audit.SignedOut,
	}
	if !slices.Equal(story, want) {
		t.Errorf("the log says %v, want %v", story, want)
	}
	verifyLog(s)
}

// verifyLog asserts that the log is whole.
func verifyLog(s *harness.Service) {
	s.T.Helper()
	withLog(s, func(ctx context.Context, db *store.Store) {
		if _, err := audit.Verify(ctx, db.Log()); err != nil {
			s.T.Errorf("audit log: %v", err)
		}
	})
}
