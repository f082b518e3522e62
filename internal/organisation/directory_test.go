package organisation_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/patient-care-aggregator/aggregator/internal/cache"
	"github.com/patient-care-aggregator/aggregator/internal/cache/memory"
	"github.com/patient-care-aggregator/aggregator/internal/keys"
	"github.com/patient-care-aggregator/aggregator/internal/organisation"
	"github.com/patient-care-aggregator/aggregator/internal/referral"
	"github.com/patient-care-aggregator/aggregator/internal/upstream"
)

// ods is the terminology server in memory.
type ods struct {
	answer func(code string) (int, string, error)

	mu       sync.Mutex
	now      time.Time
	requests []*http.Request
}

func (o *ods) RoundTrip(r *http.Request) (*http.Response, error) {
	o.mu.Lock()
	o.requests = append(o.requests, r)
	o.mu.Unlock()
	status, body, err := o.answer(r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:])
	if err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), ContentLength: -1}, nil
}

func (o *ods) asked() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.requests)
}

func newDirectory(t *testing.T, answer func(string) (int, string, error)) (*ods, *organisation.Directory) {
	t.Helper()
	o := &ods{answer: answer, now: time.Now()}
	clock := func() time.Time { o.mu.Lock(); defer o.mu.Unlock(); return o.now }
	return o, organisation.New(organisation.Deps{
		HTTP: upstream.NewClient(upstream.Options{
			Name: "ods", Timeout: 5 * time.Second, MaxBytes: 1 << 16, Observe: func(string, int, time.Duration) {}, Now: clock,
			Tracer: noop.NewTracerProvider().Tracer("test"), Wrap: func(http.RoundTripper) http.RoundTripper { return o },
		}),
		Now: clock, BaseURL: "https://ods.example", APIKey: keys.NewSecret("ods-key"),
		Cache: cache.New(memory.New[referral.Organisation](100), cache.Options{
			Name: "organisation", Now: clock, LoadTimeout: 5 * time.Second, StaleMax: 7 * 24 * time.Hour,
			MayServeStale: func(error) bool { return true }, Observe: func(string, cache.Outcome) {},
		}),
		Bundled: map[string]referral.Organisation{"R69": {ODSCode: "R69", Name: "Bundled Hospital"}},
		Name:    strings.ToLower,
	})
}

const hospital = `{"resourceType":"Organization","id":"RXX","active":true,"name":"A HOSPITAL","telecom":[{"system":"fax","value":"1"},{"system":"phone","value":"0113 496 0000"},{"system":"phone","value":"2"}]}`

func always(status int, body string, err error) func(string) (int, string, error) {
	return func(string) (int, string, error) { return status, body, err }
}

func TestFind(t *testing.T) {
	o, d := newDirectory(t, always(http.StatusOK, hospital, nil))
	want := map[string]referral.Organisation{"RXX": {ODSCode: "RXX", Name: "a hospital", Phone: "0113 496 0000"}}
	for range 2 {
		if diff := cmp.Diff(want, d.Find(t.Context(), []string{"RXX"}, "correlation")); diff != "" {
			t.Error(diff)
		}
	}
	r := o.requests[0]
	if o.asked() != 1 || r.Header.Get("apikey") != "ods-key" || r.Header.Get("X-Correlation-ID") != "correlation" ||
		r.URL.String() != "https://ods.example/organisation-data-terminology-api/fhir/Organization/RXX" {
		t.Errorf("asked %d times: %s %v", o.asked(), r.URL, r.Header)
	}
	t.Run("a day later it is asked again, and an old name is better than none", func(t *testing.T) {
		o.mu.Lock()
		o.now, o.answer = o.now.Add(25*time.Hour), always(0, "", errors.New("down"))
		o.mu.Unlock()
		if diff := cmp.Diff(want, d.Find(t.Context(), []string{"RXX"}, "")); diff != "" || o.asked() != 2 {
			t.Errorf("%s after %d requests", diff, o.asked())
		}
	})
}

func TestNameNeverCostsAnAnswer(t *testing.T) {
	for name, answer := range map[string]func(string) (int, string, error){
		"down":             always(0, "", errors.New("down")),
		"in trouble":       always(http.StatusInternalServerError, "", nil),
		"throttled":        always(http.StatusTooManyRequests, "", nil),
		"not known there":  always(http.StatusNotFound, "", nil),
		"closed":           always(http.StatusGone, "", nil),
		"a page":           always(http.StatusOK, "<html>", nil),
		"another resource": always(http.StatusOK, `{"resourceType":"Patient","name":"X"}`, nil),
		"no name":          always(http.StatusOK, `{"resourceType":"Organization"}`, nil),
		"an odd name":      always(http.StatusOK, `{"resourceType":"Organization","name":{"a":1}}`, nil),
		"a redirect":       always(http.StatusFound, "", nil),
	} {
		o, d := newDirectory(t, answer)
		got := d.Find(t.Context(), []string{"R69", "RZZ"}, "")
		want := map[string]referral.Organisation{"R69": {ODSCode: "R69", Name: "Bundled Hospital"}}
		if diff := cmp.Diff(want, got); diff != "" || o.asked() != 2 {
			t.Errorf("%s: %s after %d requests", name, diff, o.asked())
		}
	}
	t.Run("a code that ODS does not know is asked for once an hour", func(t *testing.T) {
		o, d := newDirectory(t, always(http.StatusNotFound, "", nil))
		for range 3 {
			d.Find(t.Context(), []string{"RZZ"}, "")
		}
		o.mu.Lock()
		o.now = o.now.Add(time.Hour + time.Second)
		o.mu.Unlock()
		if before := o.asked(); before != 1 || len(d.Find(t.Context(), []string{"RZZ"}, "")) != 0 || o.asked() != 2 {
			t.Errorf("asked %d, then %d times", before, o.asked())
		}
	})
	t.Run("nobody is sent to one that has closed", func(t *testing.T) {
		_, d := newDirectory(t, always(http.StatusOK, strings.Replace(hospital, `"active":true`, `"active":false`, 1), nil))
		if got := d.Find(t.Context(), []string{"RXX"}, "")["RXX"]; !got.Closed || got.Phone != "" {
			t.Errorf("%+v", got)
		}
	})
	t.Run("telecom of another form costs the phone alone", func(t *testing.T) {
		_, d := newDirectory(t, always(http.StatusOK, `{"resourceType":"Organization","name":"A HOSPITAL","telecom":"none"}`, nil))
		if got := d.Find(t.Context(), []string{"RXX"}, "")["RXX"]; got.Name != "a hospital" || got.Phone != "" {
			t.Errorf("%+v", got)
		}
	})
	t.Run("another organisation's answer is not this one's name", func(t *testing.T) {
		_, d := newDirectory(t, always(http.StatusOK, hospital, nil))
		if got := d.Find(t.Context(), []string{"RYY"}, ""); len(got) != 0 {
			t.Errorf("%+v", got)
		}
	})
}

func TestWhatIsNoCodeIsAskedOfNobody(t *testing.T) {
	o, d := newDirectory(t, always(http.StatusOK, hospital, nil))
	for _, code := range []string{"", "../admin", "R69/..", "R 69", "R69?x=1", "ÄRZTE", strings.Repeat("A", 13)} {
		if got := d.Find(t.Context(), []string{code}, ""); len(got) != 0 {
			t.Errorf("%q gives %v", code, got)
		}
	}
	if o.asked() != 0 {
		t.Errorf("asked for %s", o.requests[0].URL)
	}
}

func TestSlowODSIsNotWaitedForLongerThanTheCallerMay(t *testing.T) {
	_, d := newDirectory(t, func(string) (int, string, error) {
		time.Sleep(4 * time.Second)
		return http.StatusOK, hospital, nil
	})
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		var codes []string
		for c := 'A'; c <= 'Z'; c++ {
			codes = append(codes, "R"+string(c))
		}
		d.Find(ctx, append(codes, "R69"), "")
		if took := time.Since(began); took > 1100*time.Millisecond {
			t.Errorf("took %s", took)
		}
		time.Sleep(time.Minute)
	})
}

func TestPanicInOneLookUpCostsThatOneOnly(t *testing.T) {
	_, d := newDirectory(t, func(code string) (int, string, error) {
		if code == "RZZ" {
			panic("boom")
		}
		return http.StatusOK, hospital, nil
	})
	for range 2 {
		got := d.Find(t.Context(), []string{"RZZ", "RXX"}, "")
		if len(got) != 1 || got["RXX"].Name != "a hospital" {
			t.Errorf("%+v", got)
		}
	}
}
