// Package signing holds the keys with which the sandbox signs. They are
// published with its source and protect nothing: fixed keys start at once and
// survive a restart, and whoever trusts them outside loopback has already lost.
package signing
