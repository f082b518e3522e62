// Package pages is this service as HTML, for citizens in a browser: the start page,
// the timeline, what is shared with whom, and the privacy notice.
//
// It owns which page answers which address, and the values that pages are made
// of. It must not know how pages look (package web does), decide who may see what
// (internal/release and internal/consent do), or write an answer (internal/httpapi).
// Problems are put into pages by internal/httpapi, for every door.
//
// There is one file for each address, named for it. Read pages.go, then
// timeline.go, then any other.
package pages
