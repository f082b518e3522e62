// Package aggregate asks the sources of a citizen's data at the same time, within
// one time limit, and reports for each what it returned and how old that is.
//
// It owns what a [Source] is, how a source may fail ([Failure]), how old a reading
// may be ([Mode]), the cache of readings (one for each citizen and source,
// whichever app asks) with the second try after a purge, and the rule that turns
// several answers into one [Result]. A source that fails costs only its own
// part of the answer. It must not know HTTP, FHIR or consent: the
// caller decides, before and after, that this citizen's data may be read.
//
// Neighbours: internal/patientcare implements a Source; internal/release reads
// through this package; internal/httpapi turns a Failure into a problem;
// internal/cache has the rules of freshness and internal/cache/memory the readings.
//
// Read source.go, then aggregator.go.
package aggregate
