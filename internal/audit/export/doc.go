// Package export writes audit entries for people and programs outside this
// service, and checks an export with nothing but the file and signed checkpoints.
//
// Read write.go, then one file for each format: ndjson.go (the only one that can
// be checked), csv.go, fhir.go. entry.go writes one entry with its proof,
// pinned.go fixes the size of a log that grows, check.go proves an export.
//
// What this package must not know: where entries are stored, HTTP, and who the
// people behind pseudonyms are. Neighbours: internal/audit has entries, tree and
// proofs; internal/httpapi and cmd/aggregator write exports.
package export
