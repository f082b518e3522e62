// Package auditor is the auditors' side: the routes below /audit.
//
// It owns how staff sign in and out there ([SignIn]), and how they read the log
// ([Log]) and act about people ([Acts]). Each route is for one role. Every end of a
// sign-in that began in this browser, every read and every act is in the log before the
// browser hears of it: an answer with entries is made from what the append returned.
//
// It must not know how an ID token is checked (internal/oidc, internal/staff), what
// proves an entry (internal/audit), or the words of a problem (internal/problem).
//
// There is one file for each route, but for those of signing in and those that
// prove something. Read log.go, then read.go, then entries.go; sign_in.go apart.
package auditor
