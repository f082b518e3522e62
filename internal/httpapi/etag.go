package httpapi

import "strings"

// etag is a weak entity tag (RFC 9110, 8.8.3): the content is the same, its date
// may not be.
func etag(tag string) string { return `W/"` + tag + `"` }

// Known reports whether the caller already has the content of that tag, by its
// If-None-Match header.
func (r *Request) Known(tag string) bool { return matches(r.Header("If-None-Match"), etag(tag)) }

// matches compares an If-None-Match header weakly (RFC 9110, 13.1.2 and 8.8.3.2).
func matches(header, etag string) bool {
	const longest = 1024
	if len(header) > longest {
		return false
	}
	opaque := strings.TrimPrefix(etag, "W/")
	for _, candidate := range strings.Split(header, ",") {
		candidate = strings.TrimSpace(candidate)
		// Proxies that compress mark the tag of what they sent.
		candidate = strings.NewReplacer(`-gzip"`, `"`, `;gzip"`, `"`, `-br"`, `"`).Replace(candidate)
		if candidate == "*" || strings.TrimPrefix(candidate, "W/") == opaque {
			return true
		}
	}
	return false
}
