package patientcare

import (
	"net/http"
	"strings"
	"testing"
)

// A link that would be refused when it is used is not offered.
func TestOnlyLinksThatCanBeFollowedAreOffered(t *testing.T) {
	t.Parallel()
	links := PortalLinks{Hosts: []string{"refer.nhs.uk"}}
	for raw, want := range map[string]string{
		"https://refer.nhs.uk/nhslogin?ubrn=1": "https://refer.nhs.uk/nhslogin?ubrn=1",
		"https://REFER.NHS.UK/a":               "https://refer.nhs.uk/a",
		"https://refer.nhs.uk:443/a":           "https://refer.nhs.uk/a",
		" https://refer.nhs.uk/a ":             "https://refer.nhs.uk/a",
		"HTTPS://refer.nhs.uk/a":               "https://refer.nhs.uk/a",
		"http://refer.nhs.uk/a":                "",
		"https://refer.nhs.uk:8443/a":          "",
		"https://refer.nhs.uk.example/a":       "",
		"https://evil.example/refer.nhs.uk":    "",
		"https://refer.nhs.uk@evil.example/":   "",
		"https://user@refer.nhs.uk/":           "",
		"javascript:alert(1)":                  "",
		"/nhslogin?ubrn=1":                     "",
		"//refer.nhs.uk/a":                     "",
		"":                                     "",
		"https://refer.nhs.uk/%zz":             "",
	} {
		if got := links.allowed(raw); got != want {
			t.Errorf("%q gives %q, want %q", raw, got, want)
		}
	}
}

func TestAnotherServiceThanTheOneAskedForIsNone(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"another id": strings.Replace(serviceText, `"id":"7000000123"`, `"id":"99999"`, 1),
		"no id":      strings.Replace(serviceText, `"id":"7000000123",`, ``, 1),
	} {
		_, s := newERS(t, func(r *http.Request) (*http.Response, error) {
			if strings.Contains(r.URL.Path, "HealthcareService") {
				return answered(http.StatusOK, text), nil
			}
			return answered(http.StatusOK, string(bundleOf(t, referralOf(1), appointmentOf(1)))), nil
		})
		got, err := s.Read(t.Context(), access(t))
		if err != nil || !got.Partial || got.Facts[0].Service.Name != "" {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}
