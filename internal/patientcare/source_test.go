package patientcare

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/patient-care-aggregator/aggregator/internal/aggregate"
	"github.com/patient-care-aggregator/aggregator/internal/cache"
	"github.com/patient-care-aggregator/aggregator/internal/cache/memory"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/fhir"
	"github.com/patient-care-aggregator/aggregator/internal/keys"
	"github.com/patient-care-aggregator/aggregator/internal/referral"
	"github.com/patient-care-aggregator/aggregator/internal/upstream"
)

// ers is e-RS in memory, with what everyone around a Source does.
type ers struct {
	answer func(*http.Request) (*http.Response, error)

	mu       sync.Mutex
	requests []*http.Request
	counted  map[string]int
	foreign  int
	tokens   int
	forgot   []string
}

func (e *ers) RoundTrip(r *http.Request) (*http.Response, error) {
	e.mu.Lock()
	e.requests = append(e.requests, r)
	e.mu.Unlock()
	return e.answer(r)
}

func (e *ers) Token(context.Context, aggregate.Access) (keys.Secret, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.tokens++
	return keys.NewSecret(fmt.Sprintf("token-%d", e.tokens)), nil
}

func (e *ers) Forget(id string) { e.forgot = append(e.forgot, id) }

func (e *ers) Find(_ context.Context, codes []string, _ string) map[string]referral.Organisation {
	found := map[string]referral.Organisation{}
	for _, code := range codes {
		found[code] = referral.Organisation{ODSCode: code, Name: "Name of " + code}
	}
	return found
}

func (e *ers) asked(path string) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := 0
	for _, r := range e.requests {
		if strings.Contains(r.URL.Path, path) {
			n++
		}
	}
	return n
}

func newERS(t *testing.T, answer func(*http.Request) (*http.Response, error)) (*ers, *Source) {
	t.Helper()
	e := &ers{answer: answer, counted: map[string]int{}}
	s, err := New(Deps{
		Links: PortalLinks{Hosts: []string{"refer.nhs.uk"}},
		HTTP: upstream.NewClient(upstream.Options{
			Name: "ers", Timeout: 8 * time.Second, MaxBytes: 1 << 20, Observe: func(string, int, time.Duration) {}, Now: time.Now,
			Tracer: noop.NewTracerProvider().Tracer("test"), Wrap: func(http.RoundTripper) http.RoundTripper { return e },
		}),
		BaseURL: "https://ers.example", Tokens: e, Organisations: e,
		Services: cache.New(memory.New[Service](10), cache.Options{
			Name: "service", Now: time.Now, LoadTimeout: 5 * time.Second, Observe: func(string, cache.Outcome) {},
		}),
		Counters: Counters{
			Unreadable:     func(_, reason string, n int) { e.counted[reason] += n },
			ForeignSubject: func() { e.foreign++ },
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return e, s
}

func answered(status int, body string, headers ...string) *http.Response {
	h := http.Header{}
	for i := 0; i+1 < len(headers); i += 2 {
		h.Set(headers[i], headers[i+1])
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body)), ContentLength: -1}
}

const serviceText = `{"resourceType":"HealthcareService","id":"7000000123","name":"Cardiology clinic","providedBy":{"identifier":{"system":"https://fhir.nhs.uk/Id/ods-organization-code","value":"RXX"}},
	"specialty":[{"coding":[[{"code":"CARDIOLOGY","display":"Cardiology"}]]}],"type":[{"coding":[{"code":"FIRST_OUTPATIENT"}]}],"location":[{"identifier":{"system":"https://fhir.nhs.uk/Id/ods-site-code","value":"RXX01"}},{}]}`

// ordinary answers A001 with the body and A002 with one service.
func ordinary(body []byte) func(*http.Request) (*http.Response, error) {
	return func(r *http.Request) (*http.Response, error) {
		if strings.Contains(r.URL.Path, "HealthcareService") {
			return answered(http.StatusOK, serviceText), nil
		}
		return answered(http.StatusOK, string(body)), nil
	}
}

func access(t *testing.T) aggregate.Access {
	t.Helper()
	return aggregate.Access{
		Citizen: citizen.New("ref", own(t), [32]byte{1}), IDToken: keys.NewSecret("id-token"), IDTokenID: "jti-1",
		CorrelationID: "2b3b21fd-fe9f-403c-9682-10b8d8a4eaf3",
	}
}

func TestSourceRead(t *testing.T) {
	e, s := newERS(t, ordinary(bundleOf(t, referralOf(1), appointmentOf(1), referralOf(2), appointmentOf(2))))
	got, err := s.Read(t.Context(), access(t))
	if err != nil {
		t.Fatal(err)
	}
	if got.Partial || len(got.Facts) != 2 {
		t.Fatalf("got %+v", got)
	}
	service := *got.Facts[0].Service
	service.ID = ""
	want := referral.Service{
		Name: "Cardiology clinic", Type: "FIRST_OUTPATIENT", Specialty: &referral.Coding{Code: "CARDIOLOGY", Display: "Cardiology"},
		Provider:  &referral.Organisation{ODSCode: "RXX", Name: "Name of RXX"},
		Locations: []referral.Organisation{{ODSCode: "RXX01", Name: "Name of RXX01"}},
	}
	if diff := cmp.Diff(want, service); diff != "" {
		t.Error(diff)
	}
	if _, err := s.Read(t.Context(), access(t)); err != nil || e.asked("HealthcareService") != 1 {
		t.Errorf("the service of all was asked %d times: %v", e.asked("HealthcareService"), err)
	}

	t.Run("the request is as the contract has it", func(t *testing.T) {
		r := e.requests[0]
		target, err := base64.StdEncoding.DecodeString(r.Header.Get("NHSD-Target-Identifier"))
		if err != nil || string(target) != targetIdentifier {
			t.Errorf("target %q: %v", target, err)
		}
		if r.Header.Get("Authorization") != "Bearer token-1" || r.Header.Get("X-Correlation-ID") != access(t).CorrelationID {
			t.Errorf("headers %v", r.Header)
		}
		q := r.URL.Query()
		if q.Get("patient:identifier") != systemNHSNumber+"|"+ownNumber || q.Get("category") != "http://snomed.info/sct|3457005" ||
			cmp.Diff([]string{"Appointment:based-on", "Task:focus"}, q["_revinclude"]) != "" {
			t.Errorf("query %v", q)
		}
	})
}

func TestSourceNamesWhatIsMissing(t *testing.T) {
	t.Run("each referral whose service is not found", func(t *testing.T) {
		odd := with(appointmentOf(3), "participant", []any{listOf(appointmentOf(3), "participant")[1], object{"actor": identified(systemService, "../admin")}})
		body := bundleOf(t, referralOf(1), appointmentOf(1), referralOf(2), appointmentOf(2), referralOf(3), odd)
		e, s := newERS(t, func(r *http.Request) (*http.Response, error) {
			if strings.Contains(r.URL.Path, "HealthcareService") {
				return answered(http.StatusNotFound, ""), nil
			}
			return answered(http.StatusOK, string(body)), nil
		})
		got, err := s.Read(t.Context(), access(t))
		if err != nil {
			t.Fatal(err)
		}
		want := []referral.Notice{{Code: referral.ServiceNotFound, Count: 3}}
		if diff := cmp.Diff(want, got.Notices); diff != "" || !got.Partial || got.PartialIssue != referral.IssueTransient {
			t.Errorf("%s partial %v issue %s", diff, got.Partial, got.PartialIssue)
		}
		if e.asked("HealthcareService") != 1 {
			t.Errorf("asked %d times: a text that is not an id must not be put into a URL", e.asked("HealthcareService"))
		}
	})
	t.Run("what cannot be read weighs more than what cannot be found", func(t *testing.T) {
		body := bundleOf(t, referralOf(1), taskOf(1), with(referralOf(2), "subject", nil))
		e, s := newERS(t, func(r *http.Request) (*http.Response, error) {
			if strings.Contains(r.URL.Path, "HealthcareService") {
				return answered(http.StatusOK, `{"resourceType":"Patient"}`), nil
			}
			return answered(http.StatusOK, string(body)), nil
		})
		got, err := s.Read(t.Context(), access(t))
		if err != nil || got.PartialIssue != referral.IssueStructure || len(got.Notices) != 2 {
			t.Errorf("%+v, %v", got, err)
		}
		if e.counted[reasonSubject] != 1 || e.counted[reasonService] != 1 {
			t.Errorf("counted %v", e.counted)
		}
	})
	t.Run("another person's data is no reading and an alarm", func(t *testing.T) {
		e, s := newERS(t, ordinary(bundleOf(t, referralOf(1), with(taskOf(1), "for", identified(systemNHSNumber, otherNumber)))))
		got, err := s.Read(t.Context(), access(t))
		if !errors.Is(err, fhir.ErrForeignSubject) || len(got.Facts) != 0 || e.foreign != 1 {
			t.Errorf("%+v, %v, alarms %d", got, err, e.foreign)
		}
	})
}

func TestSlowServiceCostsItsOwnPart(t *testing.T) {
	body := bundleOf(t, referralOf(1), appointmentOf(1))
	slow := 0 * time.Second
	_, s := newERS(t, func(r *http.Request) (*http.Response, error) {
		if strings.Contains(r.URL.Path, "HealthcareService") {
			<-r.Context().Done()
			return nil, r.Context().Err()
		}
		time.Sleep(slow)
		return answered(http.StatusOK, string(body)), nil
	})
	for _, c := range []struct{ first, within time.Duration }{{0, detailsTimeout}, {7500 * time.Millisecond, 9*time.Second - detailsSpare}} {
		slow = c.first
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 9*time.Second)
			defer cancel()
			began := time.Now()
			got, err := s.Read(ctx, access(t))
			if took := time.Since(began); err != nil || took > c.within || ctx.Err() != nil {
				t.Fatalf("took %s: %v", took, err)
			}
			if len(got.Facts) != 1 || len(got.Notices) != 1 || got.Notices[0].Code != referral.ServiceNotFound {
				t.Errorf("%+v", got)
			}
			time.Sleep(10 * time.Second) // the load that has no caller any more ends by itself
		})
	}
}

func TestSourceFailures(t *testing.T) {
	leak := ownNumber + " Sunny Day 000000100001"
	login := `{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"login","diagnostics":"` + leak + `","expression":"x"}]}`
	for _, c := range []struct {
		name     string
		status   int
		body     string
		issue    referral.Issue
		code     aggregate.Kind
		notStale bool
	}{
		{"400", http.StatusBadRequest, leak, referral.IssueException, aggregate.Unavailable, false},
		{"401 again", http.StatusUnauthorized, leak, referral.IssueTransient, aggregate.Unavailable, true},
		{"403", http.StatusForbidden, login, referral.IssueBusinessRule, aggregate.Unavailable, true},
		{"404", http.StatusNotFound, leak, referral.IssueException, aggregate.Unavailable, false},
		{"429", http.StatusTooManyRequests, "<html>" + leak, referral.IssueTransient, aggregate.Busy, false},
		{"500", http.StatusInternalServerError, leak, referral.IssueTransient, aggregate.Unavailable, false},
		{"502", http.StatusBadGateway, "", referral.IssueTransient, aggregate.Unavailable, false},
		{"503", http.StatusServiceUnavailable, "", referral.IssueTransient, aggregate.Busy, false},
		{"504", http.StatusGatewayTimeout, leak, referral.IssueTimeout, aggregate.TooSlow, false},
		{"a redirect", http.StatusFound, leak, referral.IssueException, aggregate.Unavailable, false},
		{"no content", http.StatusNoContent, "", referral.IssueException, aggregate.Unavailable, false},
		{"a page", http.StatusOK, "<html>" + leak, referral.IssueStructure, aggregate.Unavailable, false},
		{"another resource", http.StatusOK, login, referral.IssueStructure, aggregate.Unavailable, false},
		{"half an answer", http.StatusOK, `{"resourceType":"Bundle","entry":[{"resource":{"id":"` + leak, referral.IssueStructure, aggregate.Unavailable, false},
		{"too much", http.StatusOK, `"` + strings.Repeat(leak, 100_000), referral.IssueStructure, aggregate.Unavailable, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, s := newERS(t, func(*http.Request) (*http.Response, error) {
				return answered(c.status, c.body, "X-Request-ID", "58621d65-d5ad-4c3a-959f-0438e355990e", "Location", "/"+leak), nil
			})
			_, err := s.Read(t.Context(), access(t))
			var failure *aggregate.Failure
			if !errors.As(err, &failure) || failure.Issue != c.issue || failure.Kind != c.code || failure.NotStale != c.notStale {
				t.Errorf("%v is %#v", err, failure)
			}
			leaksNothing(t, err)
			if c.status >= 400 && !strings.Contains(err.Error(), "58621d65-d5ad-4c3a-959f-0438e355990e") {
				t.Errorf("e-RS's support will ask for its request id: %v", err)
			}
		})
	}
	t.Run("a vector of trust that is refused needs the citizen", func(t *testing.T) {
		e, s := newERS(t, func(*http.Request) (*http.Response, error) { return answered(http.StatusUnauthorized, login), nil })
		_, err := s.Read(t.Context(), access(t))
		if !errors.Is(err, aggregate.ErrReauthenticate) || len(e.forgot) != 0 {
			t.Errorf("%v, forgot %v", err, e.forgot)
		}
		leaksNothing(t, err)
	})
	t.Run("a refused token is replaced once", func(t *testing.T) {
		answer := ordinary(bundleOf(t, referralOf(1)))
		e, s := newERS(t, func(r *http.Request) (*http.Response, error) {
			if r.Header.Get("Authorization") == "Bearer token-1" {
				return answered(http.StatusUnauthorized, ""), nil
			}
			return answer(r)
		})
		got, err := s.Read(t.Context(), access(t))
		if err != nil || len(got.Facts) != 1 || cmp.Diff([]string{"jti-1"}, e.forgot) != "" {
			t.Errorf("%+v, %v, forgot %v", got, err, e.forgot)
		}
	})
	t.Run("a text that is not a request id is not repeated", func(t *testing.T) {
		_, s := newERS(t, func(*http.Request) (*http.Response, error) {
			return answered(http.StatusInternalServerError, "", "X-Request-ID", leak), nil
		})
		_, err := s.Read(t.Context(), access(t))
		leaksNothing(t, err)
	})
	t.Run("no answer", func(t *testing.T) {
		for name, c := range map[string]struct {
			err   error
			issue referral.Issue
			code  aggregate.Kind
		}{
			"refused":   {errors.New("connection refused"), referral.IssueTransient, aggregate.Unavailable},
			"timed out": {context.DeadlineExceeded, referral.IssueTimeout, aggregate.TooSlow},
		} {
			_, s := newERS(t, func(*http.Request) (*http.Response, error) { return nil, c.err })
			_, err := s.Read(t.Context(), access(t))
			var failure *aggregate.Failure
			if !errors.As(err, &failure) || failure.Issue != c.issue || failure.Kind != c.code || failure.NotStale {
				t.Errorf("%s: %v is %#v", name, err, failure)
			}
			leaksNothing(t, err)
		}
	})
}

// leaksNothing fails when an error repeats an NHS number, content or an address.
func leaksNothing(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	for _, secret := range []string{ownNumber, otherNumber, "Sunny", "000000100001", "nhs-number", "ers.example", "token-"} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("the error repeats %q: %v", secret, err)
		}
	}
}

func TestPanicInOneLookUpCostsItsOwnPart(t *testing.T) {
	body := bundleOf(t, referralOf(1), appointmentOf(1), referralOf(2), taskOf(2))
	_, s := newERS(t, func(r *http.Request) (*http.Response, error) {
		if strings.HasSuffix(r.URL.Path, "7000000456") {
			panic("boom")
		}
		return ordinary(body)(r)
	})
	for range 2 {
		got, err := s.Read(t.Context(), access(t))
		if err != nil || len(got.Facts) != 2 {
			t.Fatalf("%+v, %v", got, err)
		}
		want := []referral.Notice{{Code: referral.ServiceNotFound, Count: 1}}
		if diff := cmp.Diff(want, got.Notices); diff != "" {
			t.Error(diff)
		}
	}
}
