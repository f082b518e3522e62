// Package signin is how citizens sign in and out in a browser: the routes below
// /auth.
//
// It owns the order of a sign-in: NHS login says who came, the registry finds or
// makes the citizen, the session starts with its entry in the log, and only then
// the browser gets a cookie. A sign-in that began in this browser and is refused
// is in the log before the browser hears of it.
//
// It must not know what NHS login is asked or how an ID token is checked
// (internal/nhslogin, internal/oidc), nor the words of a problem (internal/problem).
//
// Reading order: signin.go, login.go, callback.go, session.go.
package signin
