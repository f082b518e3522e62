// Package api holds the contract of this service's own HTTP API.
//
// It owns openapi.yaml, and the tests that the contract lists exactly the routes
// and problem codes that the service has. It must not know how a request is
// answered: internal/httpapi does, and serves the document.
package api
