// Package store opens the database that a URL names, and gives its parts as the
// interfaces that the packages of the domain declare.
//
// It is the only package outside internal/store/... that anybody imports to reach
// a database: no caller knows which kind it is. A new kind is a package beside
// internal/store/sqlite that passes internal/store/storetest, a case in [Open],
// and a URL in internal/store/location.
//
// What it must not know: any rule about what is stored. Reading order: [Store],
// [Open], then storetest, which is the contract of every part.
package store
