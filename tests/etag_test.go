package tests_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/tests/harness"
)

func TestTheETagChangesExactlyWhenTheContentDoes(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	b := s.Consented("bella")
	first := b.Get("/v1/timeline")
	tag := first.Header.Get("ETag")

	s.Clock.Advance(2 * time.Minute)
	again := b.Get("/v1/timeline") // read again, the same content
	if again.Header.Get("ETag") != tag || string(again.Body) == string(first.Body) {
		t.Error("a later asOf alone changed the ETag, or asOf did not change")
	}
	for name, header := range map[string]string{
		"the tag": tag, "as a strong tag": tag[2:], "one of several": `"x", ` + tag, "any": "*",
	} {
		a := b.Get("/v1/timeline", "If-None-Match", header)
		if a.Status != http.StatusNotModified || len(a.Body) != 0 || a.Header.Get("ETag") != tag {
			t.Errorf("%s: status %d with %d bytes, ETag %q", name, a.Status, len(a.Body), a.Header.Get("ETag"))
		}
	}
	for name, header := range map[string]string{"another tag": `W/"another"`, "no tag": "nonsense", "empty": ""} {
		if a := b.Get("/v1/timeline", "If-None-Match", header); a.Status != http.StatusOK {
			t.Errorf("%s: status %d", name, a.Status)
		}
	}

	t.Run("with the language", func(t *testing.T) {
		a := b.In(t).Get("/v1/timeline", "Accept-Language", "cy", "If-None-Match", tag)
		harness.Answered(t, a, http.StatusOK)
		if a.Header.Get("Content-Language") != "cy" {
			t.Errorf("Content-Language %q", a.Header.Get("Content-Language"))
		}
	})
	t.Run("with what the NHS says", func(t *testing.T) {
		if _, err := s.Sandbox.AdvanceCitizen("bella", ""); err != nil {
			t.Fatal(err)
		}
		s.Clock.Advance(2 * time.Minute)
		harness.Answered(t, b.In(t).Get("/v1/timeline", "If-None-Match", tag), http.StatusOK)
	})
}

func TestTimeAloneCanChangeTheContent(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	b := s.Consented("toby") // an appointment today at midday
	a := b.Get("/v1/timeline")
	harness.Answered(t, b.Get("/v1/timeline", "If-None-Match", a.Header.Get("ETag")), http.StatusNotModified)
	for range 5 {
		s.Clock.Advance(29 * time.Minute)
		b.Get("/v1/consents") // stay signed in
	}
	harness.Answered(t, b.SignIn("toby"), http.StatusOK)
	harness.Answered(t, b.Get("/v1/timeline", "If-None-Match", a.Header.Get("ETag")), http.StatusOK)
}

func TestNotModifiedIsARecordOfItsOwn(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	b := s.Consented("bella")
	tag := b.Get("/v1/timeline").Header.Get("ETag")
	harness.Answered(t, b.Get("/v1/timeline", "If-None-Match", tag), http.StatusNotModified)
	released, unchanged := entriesOf(s, "data_released"), entriesOf(s, "data_not_modified")
	if len(released) != 1 || len(unchanged) != 1 {
		t.Fatalf("%d released and %d not modified stand in the log, want one of each", len(released), len(unchanged))
	}
	if released[0].Digest != unchanged[0].Digest || unchanged[0].Consent == "" || unchanged[0].Referrals != 1 {
		t.Error("the entry of the 304 does not tell what the citizen saw, and on which consent")
	}
}
