// Package platform is the NHS API platform's authorization server as far as NHS
// login's separate authentication uses it: the token exchange, with the checks
// of its identity service in their order and its own words.
//
// It must not know what the access tokens permit. Neighbours: registry for API
// keys and key sets, login for the keys of ID tokens; package ers asks it which
// citizen a token is for.
package platform
