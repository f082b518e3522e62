// Package redis is the cache's backend that the replicas of this service share.
//
// It owns the codec: an item is sealed with the deployment's key ring, bound to the
// name that it is kept under, so that somebody who reads Redis learns nothing, and bytes
// that were changed, or moved to another name, are not found. Names in Redis are keyed
// hashes. They cover the version of the program and the shape of what is kept: no
// version reads what another one meant differently.
//
// It owns the lock too with which one replica loads for all, and what happens while
// Redis is lost: items are kept in this process, and the later of both is used when
// Redis is back. What was deleted meanwhile stays deleted here. It must not know what
// it keeps, nor decide whether an item is fresh: internal/cache does.
//
// Read backend.go, codec.go, then lock.go.
package redis
