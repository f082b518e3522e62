// Package redis connects to the Redis that replicas of this service share.
//
// It owns how long Redis may take, which is short because a citizen waits, and the
// breaker in front: a server that hangs costs a few requests a tenth of a second,
// and the others nothing. Everything that is kept there can be lost at any time.
//
// It must not know what is kept in Redis or what happens without it: each user of
// the client has its own answer to an error. Those are internal/cache/redis
// (readings), and by way of [Counts] internal/httpapi (the limit of sign-ins) and
// internal/patientcare (the budget for e-RS). internal/redis/redistest starts a server
// for tests.
//
// Read url.go, client.go, then counts.go.
package redis
