package sandbox_test

import (
	"net/http"
	"testing"
)

func TestACitizensWholeWay(t *testing.T) {
	a := newService(t)
	token := a.accessToken("bella")

	t.Run("the referrals come with their appointment", func(t *testing.T) {
		res := a.referrals("bella", token)
		if res.status != http.StatusOK {
			t.Fatalf("%d %s", res.status, res.text)
		}
		entries, _ := res.json(t)["entry"].([]any)
		if len(entries) != 2 {
			t.Fatalf("want a referral and an appointment, got %d entries", len(entries))
		}
		if got := res.header.Get("X-Correlation-ID"); got != "corr-1" {
			t.Errorf("the correlation id came back as %q", got)
		}
		if res.header.Get("X-Request-ID") == "" {
			t.Error("e-RS made no request id")
		}
		if got := res.header.Get("Content-Type"); got != "application/fhir+json" {
			t.Errorf("content type %q", got)
		}
		if got := res.header.Get("X-Sandbox"); got != "not the NHS" {
			t.Errorf("the answer is not marked: %q", got)
		}
	})

	t.Run("the service can be looked up", func(t *testing.T) {
		res := a.get(a.at.ERSBaseURL+"/FHIR/R4/HealthcareService/11002", a.ersHeaders(token)...)
		if res.status != http.StatusOK || res.json(t)["name"] != "Cardiology Directly Bookable Service" {
			t.Fatalf("%d %s", res.status, res.text)
		}
	})

	t.Run("the organisation has a name in capitals", func(t *testing.T) {
		res := a.get(a.at.ODSBaseURL+"/organisation-data-terminology-api/fhir/Organization/RR8", "apikey", odsKey)
		if res.status != http.StatusOK || res.json(t)["name"] != "LEEDS TEACHING HOSPITALS NHS TRUST" {
			t.Fatalf("%d %s", res.status, res.text)
		}
	})
}
