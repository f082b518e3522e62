package httpapi

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestCookies(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]string{
		"pca_session=a":                  "a",
		"x=1; pca_session=a; y=2":        "a",
		"pca_session=a; pca_session=b":   "", // somebody slips one in: neither is believed
		"pca_session=a; pca_session=a":   "",
		"pca_session=; pca_session=a":    "",
		"":                               "",
		"PCA_SESSION=a":                  "",
		"__Host-pca_session=a":           "",
		"pca_session_=a; xpca_session=b": "",
	} {
		r := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
		if header != "" {
			r.Header.Set("Cookie", header)
		}
		if got := newCookies("http://127.0.0.1").value(r, "pca_session"); got != want {
			t.Errorf("%q gives %q, want %q", header, got, want)
		}
	}
	t.Run("a doubled one in two headers is not accepted either", func(t *testing.T) {
		r := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
		r.Header["Cookie"] = []string{"pca_session=a", "pca_session=b"}
		if got := newCookies("http://127.0.0.1").value(r, "pca_session"); got != "" {
			t.Errorf("gives %q", got)
		}
	})
	t.Run("over https they are bound to the host, to https and to this site", func(t *testing.T) {
		k := newCookies("https://referrals.example")
		for life, says := range map[time.Duration]string{0: "", time.Hour: "Max-Age=3600", -1: "Max-Age=0"} {
			got := k.cookie(Cookie{Name: SessionCookie, Value: "secret", Life: life}).String()
			for _, want := range []string{"__Host-pca_session=secret", "Path=/", "HttpOnly", "Secure", "SameSite=Lax", says} {
				if !strings.Contains(got, want) {
					t.Errorf("%q lacks %s", got, want)
				}
			}
			if strings.Contains(got, "Domain") || (life == 0 && strings.Contains(got, "Max-Age")) {
				t.Errorf("%q", got)
			}
		}
	})
}
