package config

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

const none = "none"

// checkListeners are the rules for who can reach this service, and by what way.
func (c Config) checkListeners() []error {
	const widest4, widest6 = 8, 16 // bits; a wider range holds strangers
	var faults []error
	for _, p := range c.TrustedProxies {
		if r, err := netip.ParsePrefix(p); err == nil && (r.Addr().Is4() && r.Bits() < widest4 || r.Addr().Is6() && r.Bits() < widest6) {
			faults = append(faults, fmt.Errorf("%sTRUSTED_PROXIES: %s is wider than a network of proxies can be; name their own range", prefix, p))
		}
	}
	switch {
	case len(c.TrustedProxies) == 0 && !c.Local():
		faults = append(faults, fmt.Errorf("%sTRUSTED_PROXIES: is missing; name the proxies in front of this service, or say none if there are none", prefix))
	case len(c.TrustedProxies) > 1 && slices.Contains(c.TrustedProxies, none):
		faults = append(faults, fmt.Errorf("%sTRUSTED_PROXIES: says none and names some", prefix))
	}
	if c.ListenAddr == c.AdminAddr && !strings.HasSuffix(c.AdminAddr, ":0") {
		faults = append(faults, fmt.Errorf("%sADMIN_LISTEN_ADDR: must not be the address that the service itself listens on", prefix))
	}
	return faults
}
