// Package store opens the database that a URL names, and returns its parts as the
// interfaces that the domain packages declare.
//
// Other packages reach a database only through it, and do not know which kind it is.
// A new kind is a package next to internal/store/sqlite that passes internal/store/storetest, a case in [Open],
// and a URL in internal/store/location.
//
// What it must not know: any rule about what is stored. Reading order: [Store],
// [Open], then storetest, which is the contract of every part.
package store
