package tests_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/tests/harness"
)

// mutations is how many changed answers of e-RS are tried: PCA_MUTATIONS, or 2,000.
func mutations(t *testing.T) int {
	t.Helper()
	n, err := strconv.Atoi(os.Getenv("PCA_MUTATIONS"))
	if err != nil {
		return 2000
	}
	return n
}

// changer stands between the service and the sandbox's e-RS, and changes the answer to
// the search for referrals.
type changer struct {
	sandbox func() string // address of e-RS
	client  http.Client

	mu     sync.Mutex
	change func(bundle any) any
}

func (c *changer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	out, err := http.NewRequestWithContext(r.Context(), r.Method, c.sandbox()+r.URL.RequestURI(), http.NoBody)
	if err != nil {
		panic(err)
	}
	out.Header = r.Header.Clone()
	a, err := c.client.Do(out)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	defer a.Body.Close() //nolint:errcheck // read to its end
	body, err := io.ReadAll(a.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if strings.HasSuffix(r.URL.Path, "/ServiceRequest") && a.StatusCode == http.StatusOK {
		var bundle any
		if err := json.Unmarshal(body, &bundle); err != nil {
			panic(err)
		}
		c.mu.Lock()
		bundle = c.change(bundle)
		c.mu.Unlock()
		if body, err = json.Marshal(bundle); err != nil {
			panic(err)
		}
	}
	w.Header().Set("Content-Type", "application/fhir+json")
	w.WriteHeader(a.StatusCode)
	_, _ = w.Write(body)
}

// TestRandomChangesOfAnAnswerHarmNobody changes what e-RS answers, up to five times
// each, and asks what must hold of every answer of ours.
func TestRandomChangesOfAnAnswerHarmNobody(t *testing.T) {
	t.Parallel()
	const seed = 20261126
	random := rand.New(rand.NewPCG(seed, 1))
	t.Logf("seed %d, %d answers", seed, mutations(t))
	c := &changer{change: func(b any) any { return b }}
	upstream := httptest.NewServer(c)
	t.Cleanup(upstream.Close)
	t.Cleanup(c.client.CloseIdleConnections)
	s := harness.Start(t, harness.Env("PCA_ERS_BASE_URL", upstream.URL, "PCA_ERS_BUDGET", "off", "PCA_RATE_LIMIT_CITIZEN", "off", "PCA_RATE_LIMIT_ADDRESS", "off", "PCA_RATE_LIMIT_GLOBAL", "off"))
	c.sandbox = func() string { return s.Sandbox.Endpoints().ERSBaseURL }
	people := []string{"sunny", "bella", "lily"}
	browsers := map[string]*harness.Browser{}
	const each = 100 // tries of one session, whose ID token lasts an hour
	foreigners := 0
	for i := range mutations(t) {
		name := people[i%len(people)]
		if i/len(people)%each == 0 {
			browsers[name] = s.SignedIn(name)
			if i < len(people) {
				browsers[name].Consent()
			}
		}
		b := browsers[name]
		number, foreign := s.Number(name), i%10 == 9
		var sent any
		c.mu.Lock()
		c.change = func(bundle any) any {
			for range 1 + random.IntN(5) {
				bundle = changed(random, bundle, number)
			}
			if foreign {
				bundle = withForeign(random, bundle)
			}
			sent = bundle
			return bundle
		}
		c.mu.Unlock()
		if foreign {
			foreigners++
		}
		s.Clock.Advance(10 * time.Second) // a younger reading is not asked for again
		a := b.Post("/v1/timeline/refresh", nil)
		if problem := wrongWith(a.Status, a.Body, sent, number, foreign); problem != "" {
			text, _ := json.Marshal(sent)
			t.Fatalf("try %d as %s: %s\nsent %.4000s\ngot status %d: %.3000s", i, name, problem, text, a.Status, a.Body)
		}
	}
	raised, err := strconv.Atoi(metricOf(s, "pca_foreign_subject_total"))
	if err != nil || raised < foreigners { // a change can make a number foreign too
		t.Errorf("%d answers with another person's data raised %d alarms: %v", foreigners, raised, err)
	}
	if bytes.Contains(s.Browser().Get(s.AdminURL+"/metrics").Body, []byte("pca_panics_total{")) {
		t.Error("a panic happened")
	}
}

// wrongWith names the first thing that must not be so; empty: nothing.
func wrongWith(status int, body []byte, sent any, number string, foreign bool) string {
	if status != http.StatusOK && status != http.StatusMultiStatus && status != http.StatusBadGateway {
		return fmt.Sprintf("status %d", status)
	}
	if strings.Contains(onlyDigits(body), number) {
		return "the answer holds the NHS number"
	}
	for id := range rawIDs(sent) {
		if bytes.Contains(body, []byte(id)) {
			return "the answer holds the raw id " + id
		}
	}
	if status == http.StatusBadGateway {
		return ""
	}
	if foreign {
		return "another person's data was not refused"
	}
	var v struct {
		Complete  bool
		Notices   []struct{ Count int }
		Referrals []struct{ State struct{ Code string } }
	}
	if err := json.Unmarshal(body, &v); err != nil {
		return "the answer is not JSON"
	}
	if v.Complete != (status == http.StatusOK) || v.Complete && len(v.Notices) > 0 {
		return "status, complete and notices do not agree"
	}
	if told := len(v.Referrals); v.Complete && told < references(sent) {
		return fmt.Sprintf("%d booking references were sent, %d referrals told, and nothing is said to be missing", references(sent), told)
	}
	if bytes.Contains(body, []byte(`"status":"stale"`)) { // of an earlier answer
		return ""
	}
	for _, each := range v.Referrals {
		if each.State.Code == "BOOKED" && !strings.Contains(string(mustJSON(sent)), `"active"`) {
			return "booked, though nothing is active"
		}
	}
	return ""
}

func mustJSON(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return text
}

func onlyDigits(text []byte) string {
	return regexp.MustCompile(`[\s\-.\x{00a0}]`).ReplaceAllString(string(text), "")
}

// rawIDs are what names people, slots and resources inside e-RS.
func rawIDs(v any) map[string]bool {
	ids := map[string]bool{}
	walk(v, func(o map[string]any) {
		if system, _ := o["system"].(string); strings.HasSuffix(system, "sds-user-id") || strings.HasSuffix(system, "unique-slot-reference-number") {
			if value, _ := o["value"].(string); value == "000000000101" || strings.HasPrefix(value, "USRN-") {
				ids[value] = true
			}
		}
	})
	return ids
}

// references counts the booking references of active referrals that are as they should be.
func references(v any) int {
	found := map[string]bool{}
	walk(v, func(o map[string]any) {
		list, _ := o["identifier"].([]any)
		if o["resourceType"] != "ServiceRequest" || o["status"] != "active" || o["id"] == nil {
			return
		}
		for _, i := range list {
			if m, ok := i.(map[string]any); ok && m["system"] == "https://fhir.nhs.uk/Id/UBRN" && m["use"] != "old" {
				if value, ok := m["value"].(string); ok && len(value) == 12 {
					found[value] = true
				}
			}
		}
	})
	return len(found)
}

func walk(v any, each func(map[string]any)) {
	switch v := v.(type) {
	case map[string]any:
		each(v)
		for _, inner := range v {
			walk(inner, each)
		}
	case []any:
		for _, inner := range v {
			walk(inner, each)
		}
	}
}

// valuePlace is where a value stands.
type valuePlace struct {
	get func() any
	set func(any)
}

func places(v any, set func(any), all *[]valuePlace) {
	*all = append(*all, valuePlace{func() any { return v }, set})
	switch v := v.(type) {
	case map[string]any:
		names := make([]string, 0, len(v))
		for name := range v {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			places(v[name], func(to any) { v[name] = to }, all)
		}
	case []any:
		for i := range v {
			places(v[i], func(to any) { v[i] = to }, all)
		}
	}
}

// changed makes one change somewhere.
func changed(random *rand.Rand, bundle any, number string) any {
	var all []valuePlace
	places(bundle, func(to any) { bundle = to }, &all)
	at := all[1+random.IntN(max(len(all)-1, 1))%max(len(all)-1, 1)]
	if len(all) < 2 {
		return bundle
	}
	other := all[1+random.IntN(len(all)-1)]
	grouped := number[:3] + " " + number[3:6] + " " + number[6:]
	values := []any{
		nil, "", 7, true,
		[]any{},
		map[string]any{},
		json.Number("1E400"), -1, strings.Repeat("x", 70_000), "\u202eevil\u2066", "\ufeff",
		number, grouped, "Patient/" + number, "#x", "urn:uuid:1", "ServiceRequest/1", "active", "revoked", "booked", "https://fhir.nhs.uk/Id/nhs-number",
	}
	switch random.IntN(6) {
	case 0:
		at.set(values[random.IntN(len(values))])
	case 1: // a list in its place, or its first element
		if list, ok := at.get().([]any); ok && len(list) > 0 {
			at.set(list[0])
		} else {
			at.set([]any{at.get()})
		}
	case 2: // a copy of another value
		at.set(copied(other.get()))
	case 3: // a member less, or an element twice
		switch v := at.get().(type) {
		case map[string]any:
			for _, name := range slices.Sorted(mapsKeys(v)) {
				if random.IntN(len(v)) == 0 {
					delete(v, name)
					break
				}
			}
		case []any:
			if len(v) > 0 {
				at.set(append(v, copied(v[random.IntN(len(v))])))
			}
		}
	case 4:
		if list, ok := at.get().([]any); ok {
			random.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		} else {
			at.set(nil)
		}
	default:
		if text, ok := at.get().(string); ok {
			at.set(strings.ToUpper(text))
		} else {
			at.set([]any{[]any{at.get()}})
		}
	}
	return bundle
}

func mapsKeys(m map[string]any) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for name := range m {
			if !yield(name) {
				return
			}
		}
	}
}

func copied(v any) any {
	var out any
	d := json.NewDecoder(bytes.NewReader(mustJSON(v)))
	d.UseNumber()
	if err := d.Decode(&out); err != nil {
		panic(err)
	}
	return out
}

// withForeign puts another patient's referral somewhere.
func withForeign(random *rand.Rand, bundle any) any {
	referral := map[string]any{
		"resourceType": "ServiceRequest", "id": "x", "status": "active",
		"subject": map[string]any{"identifier": map[string]any{"system": "https://fhir.nhs.uk/Id/nhs-number", "value": "9991234578"}},
	}
	entry := map[string]any{"resource": referral}
	switch b := bundle.(type) {
	case map[string]any:
		if list, ok := b["entry"].([]any); ok && random.IntN(2) == 0 {
			b["entry"] = append(list, entry)
			return b
		}
		b["contained"] = []any{referral}
		return b
	case []any:
		return append(b, entry)
	}
	return []any{bundle, entry}
}
