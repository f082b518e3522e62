// Package web is what citizens see in a browser: the words, templates and styles
// of the service's own pages. They are made on the server and work without
// scripts.
//
// It owns how a page looks and reads: the frame around every page ([Frame]: who
// runs the service, signing out, the banner of a test system), the pages
// ([Start], [Timeline], [Consent], [Problem]) as plain values, and the files that
// they need ([Pages.Asset]), whose names carry a hash of their content so that
// browsers can keep them for ever.
//
//	internal/httpapi ──► a page's value ──► Pages.Render ──► bytes
//
// Every text from outside goes through html/template; the privacy notice is
// Markdown of this service's own, rendered with raw HTML off.
//
// It must not know HTTP, sessions, consent decisions or the audit log, and reads
// no clock. What a timeline says is decided in internal/timeline; this package
// chooses where it is on the page.
package web
