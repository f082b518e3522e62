// Package upstream sends this service's HTTP requests to other systems: limited in
// time and size, without redirects, measured and traced by the operation's name.
//
// It owns the outgoing [Client]. The errors of Client.Do never contain a URL,
// because the query of e-RS A001 contains an NHS number; a package that uses
// [Client.HTTP] passes its errors through [WithoutURL]. Spans and metrics carry
// only the operation's name and the status.
//
// It must not know what is asked or what an answer means. Its users are
// internal/nhslogin, internal/platform, internal/patientcare and
// internal/organisation.
package upstream
