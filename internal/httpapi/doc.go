// Package httpapi is the way in: routes, middleware and the form of answers. It
// is the only room with Gin.
//
// A request walks one straight road: correlation id, access log, recovery, rate
// limit, who calls, and then the handler of its route, which stands in a file
// named for the route. Handlers return errors; one middleware writes them as
// problem+json, or as a page where a person asked for one. timeline.go shows the
// whole way of GET /v1/timeline; pages.go says what is different about pages, whose
// words and looks are in package web.
//
// It must not decide: consent decides who may see, timeline what is said, audit
// whether an answer may leave. It declares the few functions that it needs of
// them in [Deps].
package httpapi
