// Package harness runs the whole service against the sandbox for end-to-end tests.
//
// It owns what those tests share, so that there is only one of each: a [Service]
// whose time and randomness a test can fix, a [Browser] that calls its API, and a
// [Visitor] that reads its pages. Whatever a Browser sends and receives is checked
// against api/openapi.yaml, and whatever e-RS was asked against its published
// contract, so that no test needs to look for a breach.
//
// It must not know what a test is about: journeys, and words that a page must have,
// belong to the tests. Only tests import it; it imports internal/local, which
// starts the service, and tests/contract, which knows both contracts.
//
// Begin with service.go, then browser.go, visitor.go, assert.go and random.go.
package harness
