// Package cache gets a value or loads it: from its [Backend] while the value is
// fresh, loaded once for a crowd, and an older value where loading failed and the
// caller allows it.
//
// It owns the rules of freshness, by its own clock; single flight; the rule that
// a purge voids a load under way; and that a panic in a load is that load's
// error. It must not know what it keeps or where.
//
// Values are shared. A loader hands its value over, and every caller of Get and
// Refresh receives that same value: nobody may change it, nor anything that it
// refers to, from then on. Who needs to change a part copies that part.
//
// Neighbours: internal/cache/memory is the backend within the process.
// internal/aggregate, internal/platform, internal/patientcare and
// internal/organisation each own a cache. What is read from our own store is
// kept by internal/projection instead: it has no age, only changes.
//
// Read cache.go, then backend.go.
package cache
