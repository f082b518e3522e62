// Package aggregate asks the sources of a citizen's data side by side, within
// one bound of time, and says of each what came and how old it is.
//
// It owns what a [Source] is, how a source may fail ([Failure]), how old a reading
// may be ([Mode]), the cache of readings (one for each citizen and source,
// whichever app asks) with the second try after a purge, and the rule that turns
// several answers into one [Result]. What is missing from one source costs its own
// part of the answer and no other. It must not know HTTP, FHIR or consent: the
// caller decides, before and after, that this citizen's data may be read.
//
// Neighbours: internal/patientcare implements a Source; internal/httpapi turns a
// Failure into a problem; internal/cache holds the rules of freshness and
// internal/cache/memory the readings.
//
// Read source.go, then aggregator.go.
package aggregate
