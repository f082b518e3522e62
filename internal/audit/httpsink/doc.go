// Package httpsink hands signed audit checkpoints to an HTTPS endpoint that
// keeps them: somewhere the log's administrator cannot change them.
//
// It must not know what a checkpoint says. Neighbours: internal/audit makes
// checkpoints and declares the interface that [Sink] implements.
package httpsink
