package tests_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/local"
	"github.com/patient-care-aggregator/aggregator/tests/harness"
)

// oddAnswer is what the NHS answers in one file of testdata/odd, each odd in one way.
// In it {{NHS}} stands for the citizen's NHS number and {{BASE}} for e-RS's address.
type oddAnswer struct {
	Bundle     json.RawMessage            // to the search for referrals
	BundleText *string                    // the same where it is not plain JSON
	Services   map[string]json.RawMessage // by id; a string is sent as it is
	ODS        map[string]json.RawMessage // by code
	Lang       string                     // in which the citizen reads
}

func (o oddAnswer) bundle() []byte {
	if o.BundleText != nil {
		return []byte(*o.BundleText)
	}
	return o.Bundle
}

// oddNHS is e-RS and the organisation directory, which answer as a file says.
type oddNHS struct {
	url, number string

	mu  sync.Mutex
	now oddAnswer
}

func (n *oddNHS) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n.mu.Lock()
	now := n.now
	n.mu.Unlock()
	id := path.Base(r.URL.Path)
	var body []byte
	switch {
	case strings.HasSuffix(r.URL.Path, "/ServiceRequest"):
		body = now.bundle()
	case strings.Contains(r.URL.Path, "/HealthcareService/"):
		if body = plain(now.Services[id]); body == nil {
			body = fmt.Appendf(nil, `{"resourceType":"HealthcareService","id":%q,"name":"Clinic %s"}`, id, id)
		}
	default:
		body = plain(now.ODS[id])
	}
	w.Header().Set("Content-Type", "application/fhir+json")
	if body == nil {
		w.WriteHeader(http.StatusNotFound)
		body = []byte(`{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"not-found"}]}`)
	}
	_, _ = w.Write([]byte(strings.NewReplacer("{{NHS}}", n.number, "{{BASE}}", n.url).Replace(string(body))))
}

// plain is a body, without the quotes of one that is a text.
func plain(body json.RawMessage) []byte {
	var text string
	if json.Unmarshal(body, &text) == nil {
		return []byte(text)
	}
	return body
}

// TestOddAnswersAreToldAsTheGoldenFileSays asks with each odd answer what a citizen is
// told, and what must hold of every answer.
func TestOddAnswersAreToldAsTheGoldenFileSays(t *testing.T) {
	t.Parallel()
	nhs := &oddNHS{}
	upstream := httptest.NewServer(nhs)
	t.Cleanup(upstream.Close)
	random := harness.NewRandom() // ids, and with them the order of equals, are the same in each run
	random.Seed("odd")
	s := harness.Start(t, func(o *local.Options) { o.Random = random }, harness.Env("PCA_ERS_BASE_URL", upstream.URL, "PCA_ODS_BASE_URL", upstream.URL, "PCA_TIMELINE_STALE_MAX", "0s", "PCA_TIMELINE_TTL", "0s",
		"PCA_RATE_LIMIT_ADDRESS", "off", "PCA_RATE_LIMIT_CITIZEN", "off"))
	nhs.url, nhs.number = upstream.URL, s.Number("sunny")
	files, err := filepath.Glob(filepath.Join("testdata", "odd", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatal("no odd answers", err)
	}
	b := s.Consented("sunny")
	var told bytes.Buffer
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		odd := harness.Read[oddAnswer](t, text)
		nhs.mu.Lock()
		nhs.now = odd
		nhs.mu.Unlock()
		s.Clock.Advance(10 * time.Second) // a younger reading is not asked for again
		before := metricOf(s, "pca_foreign_subject_total")
		a := b.Post("/v1/timeline/refresh", nil, "Accept-Language", odd.Lang)
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		alarm := ""
		if metricOf(s, "pca_foreign_subject_total") != before {
			alarm = ", alarm"
		}
		fmt.Fprintf(&told, "%s: %d%s\n", name, a.Status, alarm)
		var sent any
		_ = json.Unmarshal(bytes.TrimPrefix(odd.bundle(), []byte("\ufeff")), &sent) // what is no JSON has no ids
		if problem := wrongWith(a.Status, a.Body, sent, nhs.number, alarm != ""); problem != "" {
			t.Errorf("%s: %s: %s", name, problem, a.Body)
		}
		told.WriteString(tellOdd(t, a))
	}
	golden(t, filepath.Join("..", "odd.txt"), told.Bytes())
}

// oddView is what a person would look at in an answer to an odd one.
type oddView struct {
	Notices []struct {
		Code  string
		Count int
	}
	Summary   struct{ Text string }
	Referrals []struct {
		BookingReference *string
		Specialty        *struct{ Code *string }
		Priority         struct{ Code string }
		State            struct{ Code, WhoActs, Title, Description, NextStep string }
		ReferredOn       *string
		Referrer         *organisationView
		Service          *struct {
			Name      *string
			Provider  *organisationView
			Locations []organisationView
		}
		Contact     struct{ organisationView }
		Appointment *struct{ Date, Start, End *string }
		Review      *struct{ Kind, DueBy *string }
		ManageURL   *string
	}
	Orphans []json.RawMessage
}

type organisationView struct{ ODSCode, Name, Phone *string }

func (o *organisationView) String() string {
	if o == nil {
		return "-"
	}
	parts := []string{value(o.ODSCode), value(o.Name), value(o.Phone)}
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), " ")
}

// tellOdd is an answer in lines.
func tellOdd(t *testing.T, a local.Answer) string {
	t.Helper()
	var out strings.Builder
	if a.Status >= http.StatusBadRequest {
		p := harness.Read[struct{ Code, NextStep string }](t, a.Body)
		return fmt.Sprintf("  %s: %s\n", p.Code, p.NextStep)
	}
	v := harness.Read[oddView](t, a.Body)
	fmt.Fprintf(&out, "  %s\n", v.Summary.Text)
	for _, n := range v.Notices {
		fmt.Fprintf(&out, "  notice %s %d\n", n.Code, n.Count)
	}
	for _, r := range v.Referrals {
		fmt.Fprintf(&out, "  - %s, %s, %s, referred %s: %s, %s\n", orDash(r.BookingReference), orDash(r.Specialty.Code), r.Priority.Code, orDash(r.ReferredOn), r.State.Code, r.State.WhoActs)
		fmt.Fprintf(&out, "    %s. %s %s\n", r.State.Title, r.State.Description, r.State.NextStep)
		if r.Service != nil {
			fmt.Fprintf(&out, "    service %s of %s", orDash(r.Service.Name), r.Service.Provider)
			for _, l := range r.Service.Locations {
				fmt.Fprintf(&out, ", at %s", &l)
			}
			out.WriteString("\n")
		}
		fmt.Fprintf(&out, "    referrer %s; contact %s", r.Referrer, &r.Contact.organisationView)
		if d := r.Appointment; d != nil {
			fmt.Fprintf(&out, "; appointment %s, %s to %s", orDash(d.Date), orDash(d.Start), orDash(d.End))
		}
		if r.Review != nil {
			fmt.Fprintf(&out, "; %s by %s", orDash(r.Review.Kind), orDash(r.Review.DueBy))
		}
		if r.ManageURL != nil {
			out.WriteString("; can be managed")
		}
		out.WriteString("\n")
	}
	if len(v.Orphans) > 0 {
		fmt.Fprintf(&out, "  %d without their referral\n", len(v.Orphans))
	}
	return out.String()
}
