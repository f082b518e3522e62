// Package cache returns a value from its [Backend] while the value is fresh, loads
// it once for all concurrent callers when it is not, and returns an older value
// when loading failed and the caller allows it.
//
// It owns the rules of freshness, by its own clock; single flight; the rule that
// a purge voids a load in progress; and the rule that a panic in a load is that
// load's error. It must not know what it keeps or where.
//
// Values are shared. Every caller of Get and Refresh receives the value that the
// loader returned: from then on it MUST NOT be changed, nor anything that it
// refers to. A caller that needs to change a part copies that part.
//
// Where replicas share a backend ([Shared]), one of them loads at a time: the others
// wait for what it brings, and load themselves when it fails or stops.
//
// Neighbours: internal/cache/memory is the backend within the process,
// internal/cache/redis the one that replicas share.
// internal/aggregate, internal/platform, internal/patientcare and
// internal/organisation each own a cache. What is read from this service's store is
// kept by internal/projection instead: it has no age, only changes.
//
// Read cache.go, then backend.go.
package cache
