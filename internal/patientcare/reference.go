package patientcare

import "strings"

// localID reduces a reference, a fullUrl or an id to what two of them share when
// they mean the same resource: "ServiceRequest/1", "https://x/ServiceRequest/1",
// "{base}/ServiceRequest/1/_history/2", "urn:uuid:1", "r.1" and "1" all are "1".
// e-RS has sent them in all these forms. Empty when there is nothing to compare.
func localID(reference string) string {
	reference = strings.ToLower(strings.TrimSpace(reference))
	if before, _, versioned := strings.Cut(reference, "/_history/"); versioned {
		reference = before
	}
	reference = strings.TrimPrefix(reference, "urn:uuid:")
	reference = strings.TrimRight(reference, "/")
	if i := strings.LastIndexByte(reference, '/'); i >= 0 {
		reference = reference[i+1:]
	}
	return strings.TrimPrefix(reference, "r.")
}
