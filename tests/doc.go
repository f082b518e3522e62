// Package tests proves the whole service as a user meets it: the real one, with
// the NHS sandbox in the NHS's place, over HTTP, with a clock that stands still
// until a test moves it.
//
// One file proves one promise. helpers_test.go starts a service and a citizen's
// browser; every request of such a browser is checked against api/openapi.yaml,
// and every question to e-RS against the NHS's published contract where that is
// at hand (see package contract). testdata/golden holds the timelines of the
// sandbox's citizens: `go test ./tests -update` writes them anew, and the
// difference is for a person to read.
//
// Folder commands proves the program itself: its commands, exit codes and
// signals.
package tests
