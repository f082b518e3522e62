package tests_test

import (
	"net/http"
	"testing"
	"time"
)

func TestTheETagChangesExactlyWhenTheContentDoes(t *testing.T) {
	t.Parallel()
	s := start(t)
	b := s.consented("bella")
	first := b.get("/v1/timeline")
	tag := first.Header.Get("ETag")

	s.clock.Advance(2 * time.Minute)
	again := b.get("/v1/timeline") // read anew, the same content
	if again.Header.Get("ETag") != tag || string(again.Body) == string(first.Body) {
		t.Error("a later asOf alone changed the ETag, or asOf did not change")
	}
	for name, header := range map[string]string{
		"the tag": tag, "as a strong tag": tag[2:], "one of several": `"x", ` + tag, "any": "*",
	} {
		a := b.get("/v1/timeline", "If-None-Match", header)
		if a.Status != http.StatusNotModified || len(a.Body) != 0 || a.Header.Get("ETag") != tag {
			t.Errorf("%s: status %d with %d bytes, ETag %q", name, a.Status, len(a.Body), a.Header.Get("ETag"))
		}
	}
	for name, header := range map[string]string{"another tag": `W/"another"`, "no tag": "nonsense", "empty": ""} {
		if a := b.get("/v1/timeline", "If-None-Match", header); a.Status != http.StatusOK {
			t.Errorf("%s: status %d", name, a.Status)
		}
	}

	t.Run("with the language", func(t *testing.T) {
		a := b.in(t).get("/v1/timeline", "Accept-Language", "cy", "If-None-Match", tag)
		answered(t, a, http.StatusOK)
		if a.Header.Get("Content-Language") != "cy" {
			t.Errorf("Content-Language %q", a.Header.Get("Content-Language"))
		}
	})
	t.Run("with what the NHS says", func(t *testing.T) {
		if _, err := s.Sandbox.AdvanceCitizen("bella", ""); err != nil {
			t.Fatal(err)
		}
		s.clock.Advance(2 * time.Minute)
		answered(t, b.in(t).get("/v1/timeline", "If-None-Match", tag), http.StatusOK)
	})
}

func TestTimeAloneCanChangeTheContent(t *testing.T) {
	t.Parallel()
	s := start(t)
	b := s.consented("toby") // an appointment today at midday
	a := b.get("/v1/timeline")
	answered(t, b.get("/v1/timeline", "If-None-Match", a.Header.Get("ETag")), http.StatusNotModified)
	for range 5 {
		s.clock.Advance(29 * time.Minute)
		b.get("/v1/consents") // stay signed in
	}
	answered(t, b.signIn("toby"), http.StatusOK)
	answered(t, b.get("/v1/timeline", "If-None-Match", a.Header.Get("ETag")), http.StatusOK)
}

func TestNotModifiedIsARecordOfItsOwn(t *testing.T) {
	t.Parallel()
	s := start(t)
	b := s.consented("bella")
	tag := b.get("/v1/timeline").Header.Get("ETag")
	answered(t, b.get("/v1/timeline", "If-None-Match", tag), http.StatusNotModified)
	released, unchanged := s.entries("data_released"), s.entries("data_not_modified")
	if len(released) != 1 || len(unchanged) != 1 {
		t.Fatalf("%d released and %d not modified stand in the log, want one of each", len(released), len(unchanged))
	}
	if released[0].Digest != unchanged[0].Digest || unchanged[0].Consent == "" || len(unchanged[0].Referrals) != 1 {
		t.Error("the entry of the 304 does not tell what the citizen saw, and on which consent")
	}
}
