package httpapi

import (
	"net/url"
	"strings"
)

// DefaultReturn is where a citizen is sent when the sign-in names no return address.
const DefaultReturn = "/timeline"

// IsOwnPath reports whether a browser that is sent to p stays with this service.
// What a browser could read as another host is not: "//host", "/\host",
// control characters that it drops, encoded or not, and anything but a path and a
// query in ASCII, as every address here is.
func IsOwnPath(p string) bool {
	const longest = 512
	if len(p) > longest || !strings.HasPrefix(p, "/") || strings.HasPrefix(p, "//") {
		return false
	}
	u, err := url.Parse(p)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || strings.HasPrefix(u.Path, "//") {
		return false
	}
	plain := func(r rune) bool { return r > ' ' && r < 0x7f && r != '\\' }
	printable := func(r rune) bool { return r == ' ' || plain(r) }
	return !strings.ContainsFunc(p, not(plain)) && !strings.ContainsFunc(u.Path, not(printable))
}

func not(is func(rune) bool) func(rune) bool { return func(r rune) bool { return !is(r) } }

// SignInAddress is where a citizen signs in, to come back to an own path.
func SignInAddress(returnTo string) string {
	return "/auth/login?" + url.Values{"return_to": {returnTo}}.Encode()
}

// ConsentAddress is where a citizen decides on sharing, to come back to an own path.
func ConsentAddress(returnTo string) string {
	return "/consent?" + url.Values{"return_to": {returnTo}}.Encode()
}
