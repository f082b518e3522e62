package httpapi

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
)

const headerForwardedFor = "X-Forwarded-For"

// proxies are the networks whose X-Forwarded-For is believed. No other header that
// tells addresses is ever read: which of them a proxy sets, and which it passes on
// from its own caller, cannot be seen here.
type proxies []netip.Prefix

// parseProxies reads addresses and ranges.
func parseProxies(texts []string) (proxies, error) {
	var all proxies
	for _, text := range texts {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			a, err := netip.ParseAddr(text)
			if err != nil {
				return nil, fmt.Errorf("trusted proxy %q: want an address or a range", text)
			}
			p = netip.PrefixFrom(a, a.BitLen())
		}
		all = append(all, p.Masked())
	}
	return all, nil
}

func (t proxies) trust(a netip.Addr) bool {
	for _, p := range t {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// unnamed reports whether a peer may be a proxy that somebody forgot to name: it is
// near, and not trusted.
func (t proxies) unnamed(peer string) bool {
	at, err := netip.ParseAddrPort(peer)
	if err != nil {
		return false
	}
	a := at.Addr().Unmap()
	return (a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast()) && !t.trust(a)
}

// client is the address that called the outermost proxy that is trusted. Each
// proxy adds the address that called it at the right end, so the list is read from
// there, up to the first that no trusted proxy has. An entry that is no address is
// returned as it is: it names one caller, and falling back to the proxy would put
// everybody behind it into one.
func (t proxies) client(r *http.Request) string {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	client := at.Addr().Unmap()
	if !t.trust(client) {
		return client.String()
	}
	said := strings.Split(strings.Join(r.Header.Values(headerForwardedFor), ","), ",")
	for i := len(said) - 1; i >= 0; i-- {
		entry := strings.TrimSpace(said[i])
		if entry == "" {
			continue
		}
		a, ok := readAddress(entry)
		if !ok {
			return entry
		}
		client = a
		if !t.trust(a) {
			break
		}
	}
	return client.String()
}

// readAddress reads an address as proxies write it: with a port, in brackets, in
// quotes, or with a zone.
func readAddress(text string) (netip.Addr, bool) {
	text = strings.Trim(text, `"`)
	if at, err := netip.ParseAddrPort(text); err == nil {
		return at.Addr().Unmap().WithZone(""), true
	}
	text = strings.TrimSuffix(strings.TrimPrefix(text, "["), "]")
	a, err := netip.ParseAddr(text)
	return a.Unmap().WithZone(""), err == nil
}

// network reduces an address to what one household or phone holds, and to the wider
// network that one customer of a provider may hold (IPv6; RIPE 690); the second is
// empty where there is none.
func network(address string) (household, customer string) {
	const householdBits, customerBits = 64, 48
	a, err := netip.ParseAddr(address)
	if err != nil || !a.Is6() {
		return address, ""
	}
	narrow, _ := a.Prefix(householdBits) // both lengths are an IPv6 address's
	wide, _ := a.Prefix(customerBits)
	return narrow.String(), wide.String()
}
