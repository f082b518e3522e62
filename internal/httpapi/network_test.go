package httpapi

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestWhoCalls(t *testing.T) {
	t.Parallel()
	trusted, err := parseProxies([]string{"127.0.0.1", "10.0.0.0/8", "::1"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		from string
		said []string
		want string
	}{
		{"192.0.2.7:1", nil, "192.0.2.7"},
		{"192.0.2.7:1", []string{"203.0.113.1"}, "192.0.2.7"}, // nobody believes a stranger
		{"[::ffff:192.0.2.7]:1", nil, "192.0.2.7"},
		{"127.0.0.1:1", nil, "127.0.0.1"},
		{"127.0.0.1:1", []string{""}, "127.0.0.1"},
		{"127.0.0.1:1", []string{"203.0.113.1"}, "203.0.113.1"},
		{"[::1]:1", []string{"203.0.113.1"}, "203.0.113.1"},
		{"127.0.0.1:1", []string{"198.51.100.9", "203.0.113.1"}, "203.0.113.1"}, // a line of the caller's own
		{"127.0.0.1:1", []string{"198.51.100.9, 203.0.113.1"}, "203.0.113.1"},
		{"127.0.0.1:1", []string{"203.0.113.1, 10.1.2.3"}, "203.0.113.1"},
		{"127.0.0.1:1", []string{"10.1.2.3"}, "10.1.2.3"},
		{"127.0.0.1:1", []string{"203.0.113.1:4711"}, "203.0.113.1"},
		{"127.0.0.1:1", []string{"[2001:db8::7]:4711"}, "2001:db8::7"},
		{"127.0.0.1:1", []string{"[2001:db8::7]"}, "2001:db8::7"},
		{"127.0.0.1:1", []string{`"[2001:db8::7]:4711"`}, "2001:db8::7"},
		{"127.0.0.1:1", []string{"fe80::7%eth0"}, "fe80::7"},
		{"127.0.0.1:1", []string{"::ffff:203.0.113.1"}, "203.0.113.1"},
		{"127.0.0.1:1", []string{"unknown"}, "unknown"},
		{"127.0.0.1:1", []string{"198.51.100.9, _hidden"}, "_hidden"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
		r.RemoteAddr = c.from
		for _, line := range c.said {
			r.Header.Add(headerForwardedFor, line)
		}
		for _, other := range []string{"X-Real-IP", "Forwarded", "CF-Connecting-IP", "True-Client-IP", "X-Client-IP"} {
			r.Header.Set(other, "198.51.100.66")
		}
		if got := trusted.client(r); got != c.want {
			t.Errorf("from %s with %q: %q, want %q", c.from, c.said, got, c.want)
		}
	}
}

func TestNetwork(t *testing.T) {
	t.Parallel()
	for address, want := range map[string][2]string{
		"192.0.2.7":           {"192.0.2.7", ""},
		"2001:db8:1:2:3::6":   {"2001:db8:1:2::/64", "2001:db8:1::/48"},
		"2001:db8:1:2::":      {"2001:db8:1:2::/64", "2001:db8:1::/48"},
		"2001:db8:1:3::1":     {"2001:db8:1:3::/64", "2001:db8:1::/48"},
		"::1":                 {"::/64", "::/48"},
		"":                    {"", ""},
		"unknown":             {"unknown", ""},
		"not an address: 7:8": {"not an address: 7:8", ""},
	} {
		if one, two := network(address); [2]string{one, two} != want {
			t.Errorf("%q is of %q and %q, want %q", address, one, two, want)
		}
	}
}
