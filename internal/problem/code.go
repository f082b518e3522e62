package problem

import "net/http"

// Code names a kind of problem for programs. Codes are part of the API's contract.
//
// A new code is added here in three places (the constant, [Codes] and statusOf), to
// wording.ProblemCodes, with its words to valuesets/problems.yaml, and to
// api/openapi.yaml.
type Code string

// The codes.
const (
	BadRequest               Code = "bad_request"
	SignInExpired            Code = "sign_in_expired"
	SignInFailed             Code = "sign_in_failed"
	AnotherPerson            Code = "another_person"
	SignInRequired           Code = "sign_in_required"
	SessionExpired           Code = "session_expired"
	ReauthenticationRequired Code = "reauthentication_required"
	ConsentRequired          Code = "consent_required"
	IdentityLevelTooLow      Code = "identity_level_too_low"
	Under16                  Code = "under_16"
	AgeUnknown               Code = "age_unknown"
	NoNHSNumber              Code = "no_nhs_number"
	SharingDeclined          Code = "sharing_declined"
	InsufficientScope        Code = "insufficient_scope"
	CSRF                     Code = "csrf"
	NotFound                 Code = "not_found"
	MethodNotAllowed         Code = "method_not_allowed"
	Conflict                 Code = "conflict"
	NoticeOutdated           Code = "notice_outdated"
	PayloadTooLarge          Code = "payload_too_large"
	RateLimited              Code = "rate_limited"
	Internal                 Code = "internal_error"
	UpstreamUnavailable      Code = "upstream_unavailable"
	ServiceUnavailable       Code = "service_unavailable"
	SignInUnavailable        Code = "sign_in_unavailable"
	AuditUnavailable         Code = "audit_unavailable"
	UpstreamTimeout          Code = "upstream_timeout"
	UnknownWhileIncomplete   Code = "unknown_while_incomplete"

	// Those of the auditors' side, where nobody is a citizen.
	StaffSignInRequired    Code = "staff_sign_in_required"
	StatusKeyRequired      Code = "status_key_required"
	StaffSignInFailed      Code = "staff_sign_in_failed"
	StaffSignInUnavailable Code = "staff_sign_in_unavailable"
	RoleRequired           Code = "role_required"
)

// Codes lists every code, for the contract's tests.
func Codes() []Code {
	return []Code{
		BadRequest, SignInExpired, SignInFailed, AnotherPerson, SignInRequired, SessionExpired, ReauthenticationRequired,
		ConsentRequired, IdentityLevelTooLow, Under16, AgeUnknown, NoNHSNumber, SharingDeclined,
		InsufficientScope, CSRF, NotFound, MethodNotAllowed, Conflict, NoticeOutdated, PayloadTooLarge,
		RateLimited, Internal, UpstreamUnavailable, ServiceUnavailable, SignInUnavailable,
		AuditUnavailable, UpstreamTimeout, UnknownWhileIncomplete,
		StaffSignInRequired, StaffSignInFailed, StaffSignInUnavailable, RoleRequired, StatusKeyRequired,
	}
}

// statusOf is the HTTP status of a code; 0: there is no such code.
func statusOf(code Code) int {
	switch code {
	case BadRequest, SignInExpired, SignInFailed, StaffSignInFailed:
		return http.StatusBadRequest
	case SignInRequired, SessionExpired, ReauthenticationRequired, StaffSignInRequired, StatusKeyRequired:
		return http.StatusUnauthorized
	case AnotherPerson, ConsentRequired, IdentityLevelTooLow, Under16, AgeUnknown, NoNHSNumber, SharingDeclined, InsufficientScope, CSRF, RoleRequired:
		return http.StatusForbidden
	case NotFound:
		return http.StatusNotFound
	case MethodNotAllowed:
		return http.StatusMethodNotAllowed
	case Conflict, NoticeOutdated:
		return http.StatusConflict
	case PayloadTooLarge:
		return http.StatusRequestEntityTooLarge
	case RateLimited:
		return http.StatusTooManyRequests
	case UpstreamUnavailable:
		return http.StatusBadGateway
	case ServiceUnavailable, UnknownWhileIncomplete, SignInUnavailable, AuditUnavailable, StaffSignInUnavailable:
		return http.StatusServiceUnavailable
	case UpstreamTimeout:
		return http.StatusGatewayTimeout
	case Internal:
		return http.StatusInternalServerError
	}
	return 0
}
