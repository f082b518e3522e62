package patientcare

import "strings"

// localID reduces a reference, a fullUrl or an id to what two of them share when
// they mean the same resource: "ServiceRequest/1", "https://x/ServiceRequest/1",
// "{base}/ServiceRequest/1/_history/2", "urn:uuid:1", "r.1" and "1" all are "1".
// e-RS has sent them in all these forms. Empty when there is nothing to compare.
func localID(reference string) string {
	_, id := splitReference(reference)
	return id
}

// referredID is localID of a reference to a resource of that type (in lower
// case); empty where the reference names another type.
func referredID(reference, resourceType string) string {
	kind, id := splitReference(reference)
	if kind != resourceType && isWord(kind) {
		return ""
	}
	return id
}

// isWord tells whether a part of a path can be the name of a resource type;
// hosts and placeholders have other characters too.
func isWord(s string) bool {
	for _, c := range s {
		if c < 'a' || c > 'z' {
			return false
		}
	}
	return s != ""
}

// splitReference gives the type before the id too, empty when there is none.
func splitReference(reference string) (kind, id string) {
	reference = strings.ToLower(strings.TrimSpace(reference))
	if end := strings.IndexAny(reference, "?#|"); end >= 0 {
		reference = reference[:end]
	}
	if before, _, versioned := strings.Cut(reference, "/_history"); versioned {
		reference = before
	}
	reference = strings.TrimPrefix(reference, "urn:uuid:")
	reference = strings.TrimRight(reference, "/")
	if i := strings.LastIndexByte(reference, '/'); i >= 0 {
		before := reference[:i]
		kind, reference = before[strings.LastIndexByte(before, '/')+1:], reference[i+1:]
	}
	return kind, strings.TrimPrefix(reference, "r.")
}
