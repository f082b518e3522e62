// Package tests tests the API of the whole service from end to end: the real
// service, with the sandbox as its NHS, over HTTP.
//
// It owns one file for each promise. It must not start the service itself:
// harness does, and its browser checks each request and answer against
// api/openapi.yaml. testdata/golden has the timelines of the sandbox's citizens,
// byte by byte, and a table with one line for each referral for citizens with
// many: `go test ./tests -update` writes them again, for a person to review.
//
// Its neighbours: pages tests pages without a browser, browser with one, commands
// the program itself, architecture the source files.
package tests
