// Package citizen is the JSON API for citizens' apps and portals, under /v1: the
// timeline and its parts, what changed, consents and the access log.
//
// It owns the form of those answers and reads their requests. It must not decide
// who may see what (internal/release and internal/consent do), find words for
// what the NHS sent (internal/timeline), or write an answer (internal/httpapi).
// Whatever the NHS sent leaves through release.Service.Show only.
//
// There is one file for each route, named for it: timeline.go is
// GET /v1/timeline and POST /v1/timeline/refresh. Read citizen.go, then
// timeline.go, then any other.
package citizen
