// Package staff is what the provider of the organisation's own accounts adds to
// OpenID Connect: a client secret, PKCE, and a role claim. Auditors come in this
// way and no other; a citizen's NHS login session is worth nothing here.
//
// It owns the settings of the staff's relying party (internal/oidc), the role that
// is asked for, the pseudonym of a staff account ([Member]), and the short sessions
// of staff.
//
// It must not know cookies, HTTP statuses, or what a role may see. It keeps no
// name, no e-mail address and no token: the pseudonym is all that is left of a
// sign-in.
//
// Reading order: sign_in.go, member.go, sessions.go.
//
// Neighbours: internal/oidc does the protocol; internal/httpapi carries the cookies
// and logs the sign-in.
package staff
