// Package nhslogin signs citizens in with NHS login: OpenID Connect
// authorization code flow, private_key_jwt, RS512, vectors of trust
// (NHS login Federation Interface Specification 2.1; OpenID Connect Core 1.0;
// RFC 6749, 7523, 7636, 8485).
//
// It owns discovery, the request to the authorize endpoint, the exchange of the
// code, and every check of the ID token that makes a stranger an [Identity]. The
// NHS number of the verified ID token enters this service here and nowhere else.
//
// It must not know cookies, sessions or where the citizen goes next. What it
// refuses it refuses as a problem that the citizen can be shown. Neighbours:
// internal/jose signs its client assertions; internal/upstream bounds its requests.
package nhslogin
