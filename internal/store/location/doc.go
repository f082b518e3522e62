// Package location owns the URL that names a database: which kinds there are, and
// whether files can be kept next to it.
//
// It must not know how a database is opened. Neighbours: internal/config checks
// what the operator wrote with it; internal/store opens what it parsed.
package location
