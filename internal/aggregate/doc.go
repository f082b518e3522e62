// Package aggregate asks the sources of a citizen's data side by side, within
// one bound of time, and says of each what came and how old it is.
//
// It owns what a [Source] is, how a source may fail ([Failure]), and the rule
// that turns several answers into one [Result]. What one source lacks costs its
// own part of the answer and no other. It must not know HTTP, FHIR or consent:
// the caller has decided that this citizen's data may be read.
//
// Neighbours: internal/patientcare implements a Source; internal/cache keeps
// readings, one for each citizen and source, whichever app asks.
package aggregate
