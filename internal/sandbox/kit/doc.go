// Package kit is what every NHS system of the sandbox is built from: its clock, its
// ids, its signing keys, its routes, and how it writes JSON and pages.
//
// Each file is one of these and knows none of the others. The package must not
// know any NHS system or citizen; the systems (login, platform, ers, ods, staff)
// import it, and package sandbox passes the same clock, ids and keys to all of them.
//
// Nothing here is secure: ids follow from a seed so that a run can be
// repeated, and the private keys are published with the source.
package kit
