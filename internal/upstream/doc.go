// Package upstream is how this service speaks HTTP to others: bounded in time
// and size, without redirects, measured and traced by the operation's name.
//
// It owns the outgoing [Client]. No URL ever leaves it: errors are stripped of
// the address they were sent to (an NHS number stands in the query of A001),
// spans and metrics carry the operation's name and the status alone.
//
// It must not know what is asked or what an answer means. Its users are
// internal/nhslogin, internal/platform, internal/patientcare and
// internal/organisation.
package upstream
