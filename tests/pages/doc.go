// Package pages tests the service's pages from end to end, as a person's browser
// requests them.
//
// It owns journeys through pages and forms, and what no page may show. It must not
// start a real browser: tests/browser does, for keyboard, layout and accessibility.
// Its neighbours are tests, which has the same for the API, and tests/harness,
// which starts the service.
//
// Begin with journey_test.go.
package pages
