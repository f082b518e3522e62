// Package route is how a room of the sandbox tells which requests it answers.
package route

import "net/http"

// Route is one operation of one NHS system.
type Route struct {
	Pattern   string // as net/http's ServeMux reads it
	Operation string // as faults and the recording call it
	Handler   http.HandlerFunc
	// Who names the citizen of a request before it is handled; nil when the
	// operation belongs to nobody, empty when it cannot be known.
	Who func(*http.Request) string
}
