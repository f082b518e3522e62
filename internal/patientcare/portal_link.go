package patientcare

import (
	"net/url"
	"slices"
	"strings"
)

// PortalLinks are the rules for the links with which e-RS sends citizens to manage a
// referral.
type PortalLinks struct {
	Hosts []string // where citizens may be sent
	// AllowHTTP lets links without https through, for a service on loopback.
	AllowHTTP bool
}

// allowed returns a link in the form in which addresses are compared (RFC 3986, 6.2),
// if it leads where citizens may be sent; empty otherwise. A link that would be refused
// when it is used is not offered.
func (l PortalLinks) allowed(raw string) string {
	link, err := url.Parse(strings.TrimSpace(raw))
	if err != nil || link.User != nil {
		return ""
	}
	link.Host = strings.ToLower(link.Host)
	switch {
	case link.Scheme == "https":
		link.Host = strings.TrimSuffix(link.Host, ":443")
	case link.Scheme != "http" || !l.AllowHTTP:
		return ""
	}
	if !slices.Contains(l.Hosts, link.Host) {
		return ""
	}
	return link.String()
}
