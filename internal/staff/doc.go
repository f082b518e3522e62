// Package staff is what the provider of the organisation's own accounts adds to
// OpenID Connect: a client secret, PKCE, and a role claim. Auditors sign in only
// in this way; a citizen's NHS login session grants nothing here.
//
// It owns the settings of the staff's relying party (internal/oidc), the role that
// is asked for, the pseudonym of a staff account ([Member]), and the short sessions
// of staff.
//
// It must not know cookies, HTTP statuses, or what a role may see. It keeps only
// the pseudonym of a sign-in: no name, no e-mail address and no token.
//
// Reading order: sign_in.go, member.go, sessions.go.
//
// Neighbours: internal/oidc does the protocol; internal/httpapi/auditor has the
// cookies and logs the sign-in; internal/staff/account says how sessions are stored.
package staff
