package kit

import "net/http"

// Route is one operation of one NHS system.
type Route struct {
	Pattern   string // as net/http's ServeMux reads it
	Operation string // its name in faults and recordings
	Handler   http.HandlerFunc
	// Who returns the citizen of a request before it is handled, empty when that
	// cannot be known. It is nil when the operation is about no citizen.
	Who func(*http.Request) string
}
