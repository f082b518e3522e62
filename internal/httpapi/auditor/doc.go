// Package auditor is the auditors' side: the routes below /audit.
//
// It owns how staff sign in and out there ([SignIn]). Every end of a sign-in is in
// the log before the browser hears of it.
//
// It must not know how an ID token is checked (internal/oidc, internal/staff), nor
// the words of a problem (internal/problem).
package auditor
