// Package checkpoint signs the state of the audit log and publishes it where the
// administrator of the log cannot change it.
//
// Read checkpoint.go (the signed note), key.go and change.go (who signs), publisher.go,
// then the sinks: file_sink.go, http_sink.go and readers.go, which reads them back.
//
// What this package must not know: what entries say, and which store holds them.
// Neighbours: internal/audit has the tree, the claim that is signed
// (audit.Checkpoint) and the proofs; internal/app starts the [Publisher].
package checkpoint
