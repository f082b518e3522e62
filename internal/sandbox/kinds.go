package sandbox

import "github.com/patient-care-aggregator/aggregator/internal/sandbox/faults"

// The upstreams that a fault can affect.
const (
	NHSLogin = faults.NHSLogin
	Platform = faults.Platform
	ERS      = faults.ERS
	ODS      = faults.ODS
	Staff    = faults.Staff
)

// The kinds of fault; package faults says what each does.
const (
	Status           = faults.Status
	Delay            = faults.Delay
	Hang             = faults.Hang
	Cut              = faults.Cut
	Drip             = faults.Drip
	Truncated        = faults.Truncated
	Malformed        = faults.Malformed
	Oversized        = faults.Oversized
	WrongContentType = faults.WrongContentType
	Empty            = faults.Empty
	OtherResource    = faults.OtherResource
	HTML502          = faults.HTML502
	Throttled        = faults.Throttled
	StringNumbers    = faults.StringNumbers
	StringArrays     = faults.StringArrays
	RotatedKey       = faults.RotatedKey
	WithdrawnKey     = faults.WithdrawnKey
	WrongNonce       = faults.WrongNonce
	WrongAudience    = faults.WrongAudience
	WrongIssuer      = faults.WrongIssuer
	ExpiredToken     = faults.ExpiredToken
	TokenRevoked     = faults.TokenRevoked
	ClockSkew        = faults.ClockSkew
)
