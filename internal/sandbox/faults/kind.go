package faults

import "slices"

// Kind is what goes wrong.
type Kind string

// Faults of the connection and the status.
const (
	Status           Kind = "status"             // Fault.Status in the upstream's own form, without asking it
	Delay            Kind = "delay"              // Fault.Delay, and up to Fault.Jitter more, before the answer
	Hang             Kind = "hang"               // no answer until the client goes away or the sandbox closes
	Cut              Kind = "cut"                // the connection ends before the answer
	Drip             Kind = "drip"               // a byte at a time, Fault.Delay between them
	Truncated        Kind = "truncated"          // the answer stops in the middle
	Malformed        Kind = "malformed"          // not quite JSON
	Oversized        Kind = "oversized"          // tens of megabytes
	WrongContentType Kind = "wrong-content-type" // the right body as text/plain
	Empty            Kind = "empty"              // 200 without a body
	OtherResource    Kind = "other-resource"     // 200 with a resource that was not requested
	HTML502          Kind = "html-502"           // a load balancer's page
	Throttled        Kind = "throttled"          // 429, with Retry-After when Fault.RetryAfter is set
)

// Faults of form.
const (
	StringNumbers Kind = "string-numbers" // every number as a string
	StringArrays  Kind = "string-arrays"  // a bare string where a list of one belongs
)

// Faults of identity.
const (
	RotatedKey    Kind = "rotated-key"    // NHS login signs with its next key, and publishes it
	WithdrawnKey  Kind = "withdrawn-key"  // NHS login publishes only its next key, and signs with the old one
	WrongNonce    Kind = "wrong-nonce"    // of the ID token
	WrongAudience Kind = "wrong-audience" // of the ID token
	WrongIssuer   Kind = "wrong-issuer"   // of the ID token
	ExpiredToken  Kind = "expired-token"  // an ID token that ended an hour ago
	TokenRevoked  Kind = "token-revoked"  // the access token used with e-RS is revoked
	ClockSkew     Kind = "clock-skew"     // the upstream's clock is Fault.Skew ahead
)

// Kinds lists every kind in the order of this file.
func Kinds() []Kind {
	return []Kind{
		Status, Delay, Hang, Cut, Drip, Truncated, Malformed, Oversized, WrongContentType, Empty, OtherResource, HTML502, Throttled,
		StringNumbers, StringArrays,
		RotatedKey, WithdrawnKey, WrongNonce, WrongAudience, WrongIssuer, ExpiredToken, TokenRevoked, ClockSkew,
	}
}

// Upstream is one of the sandbox's NHS systems.
type Upstream string

// The upstreams.
const (
	NHSLogin Upstream = "nhs-login"
	Platform Upstream = "platform"
	ERS      Upstream = "ers"
	ODS      Upstream = "ods"
	Staff    Upstream = "staff"
)

// Upstreams lists them all.
func Upstreams() []Upstream { return []Upstream{NHSLogin, Platform, ERS, ODS, Staff} }

func known[T comparable](all []T, v T) bool { return slices.Contains(all, v) }
