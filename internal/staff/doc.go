// Package staff signs people who work here in, with their own organisation's
// OpenID provider: OpenID Connect Core 1.0, authorization code flow with PKCE
// S256 (RFC 7636), a client secret, and a role claim. Auditors come in this way
// and no other; a citizen's NHS login session is worth nothing here.
//
// It owns discovery, the checks of the ID token, the role that is asked for, the
// pseudonym of a staff account ([Member]), and the short sessions of staff.
//
//	Begin ──► provider ──► Finish ──► role? ──► Sessions.Start
//	  state, nonce, verifier          no: ErrRole, nobody is signed in
//	  taken once
//
// It must not know cookies, routes, or what a role may see. It keeps no name, no
// e-mail address and no token: the pseudonym is all that is left of a sign-in.
// Neighbours: internal/httpapi carries the cookie and logs the sign-in;
// internal/session declares the store of one-time values that is used here.
package staff
