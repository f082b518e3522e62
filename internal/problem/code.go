package problem

import "net/http"

// Code names a kind of problem for programs. Codes are part of the API's contract.
type Code string

// The codes.
const (
	BadRequest               Code = "bad_request"
	SignInExpired            Code = "sign_in_expired"
	SignInFailed             Code = "sign_in_failed"
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

	// Those of the auditors' side, where nobody is a citizen.
	StaffSignInRequired    Code = "staff_sign_in_required"
	StaffSignInFailed      Code = "staff_sign_in_failed"
	StaffSignInUnavailable Code = "staff_sign_in_unavailable"
	RoleRequired           Code = "role_required"
)

// Codes lists every code, for the contract's tests.
func Codes() []Code {
	return []Code{
		BadRequest, SignInExpired, SignInFailed, SignInRequired, SessionExpired, ReauthenticationRequired,
		ConsentRequired, IdentityLevelTooLow, Under16, AgeUnknown, NoNHSNumber, SharingDeclined,
		InsufficientScope, CSRF, NotFound, MethodNotAllowed, Conflict, NoticeOutdated, PayloadTooLarge,
		RateLimited, Internal, UpstreamUnavailable, ServiceUnavailable, SignInUnavailable,
		AuditUnavailable, UpstreamTimeout,
		StaffSignInRequired, StaffSignInFailed, StaffSignInUnavailable, RoleRequired,
	}
}

type words struct {
	code                    Code
	status                  int
	title, detail, nextStep string
}

const (
	signInAgain = "Sign in again with NHS login."
	tryLater    = "Try again in a few minutes. If you are worried about a referral, phone the hospital or your GP surgery."
	askGP       = "Contact your GP surgery if you need to know about a referral now."
)

func wordsOf(code Code) words {
	switch code {
	case BadRequest:
		return words{code, http.StatusBadRequest, "Request not understood", "The request is not of the form that this service understands.", "Check the request against /openapi.yaml and send it again."}
	case SignInExpired:
		return words{code, http.StatusBadRequest, "Sign-in took too long", "This sign-in was already used or took too long.", signInAgain}
	case SignInFailed:
		return words{code, http.StatusBadRequest, "Sign-in did not work", "We could not be sure who was signing in, so we stopped.", signInAgain}
	case SignInRequired:
		return words{code, http.StatusUnauthorized, "Not signed in", "You need to sign in to see this.", "Sign in with NHS login."}
	case SessionExpired:
		return words{code, http.StatusUnauthorized, "Signed out", "You have been signed out to keep your information safe.", signInAgain}
	case ReauthenticationRequired:
		return words{code, http.StatusUnauthorized, "Sign in again to go on", "NHS login needs to check that it is still you.", signInAgain}
	case ConsentRequired:
		return words{code, http.StatusForbidden, "Your permission is needed", "You have not given permission to show this information here.", "Read what is shared and decide whether to give permission."}
	case IdentityLevelTooLow:
		return words{code, http.StatusForbidden, "You need to prove who you are", "Your NHS login has not proved your identity fully yet.", "Prove who you are in your NHS login account, then sign in again."}
	case Under16:
		return words{code, http.StatusForbidden, "You must be 16 or over", "This service is for people aged 16 and over.", "Ask a parent, carer or your GP surgery about your referral."}
	case AgeUnknown:
		return words{code, http.StatusForbidden, "We could not check your age", "NHS login did not give a date of birth that we can use.", askGP}
	case NoNHSNumber:
		return words{code, http.StatusForbidden, "No NHS record found", "NHS login did not match you to an NHS record.", askGP}
	case SharingDeclined:
		return words{code, http.StatusForbidden, "You cannot continue without sharing your information", "This service needs information from NHS login to be sure who you are. You chose not to share it.", "Sign in again and agree to share, or contact your GP surgery. For urgent medical help go to 111.nhs.uk or phone 111. In an emergency phone 999."}
	case InsufficientScope:
		return words{code, http.StatusForbidden, "Not allowed for this app", "This app may not ask for that.", "Ask the makers of the app."}
	case CSRF:
		return words{code, http.StatusForbidden, "Request came from another site", "We stopped a request that did not come from our own pages.", "Go back to the page and try again."}
	case NotFound:
		return words{code, http.StatusNotFound, "Not found", "There is nothing here, or it is not yours.", "Check the address."}
	case MethodNotAllowed:
		return words{code, http.StatusMethodNotAllowed, "Method not allowed", "This address does not take that kind of request.", "Check the request against /openapi.yaml."}
	case Conflict:
		return words{code, http.StatusConflict, "Changed in the meantime", "Something else changed this at the same moment.", "Look at it again, then decide."}
	case NoticeOutdated:
		return words{code, http.StatusConflict, "The privacy notice has changed", "The privacy notice has changed since you read it.", "Read the new notice, then decide."}
	case PayloadTooLarge:
		return words{code, http.StatusRequestEntityTooLarge, "Request too large", "The request is larger than this service accepts.", "Send less."}
	case RateLimited:
		return words{code, http.StatusTooManyRequests, "Too many requests", "Too many requests came in a short time.", "Wait as long as Retry-After says, then try again."}
	case UpstreamUnavailable:
		return words{code, http.StatusBadGateway, "NHS system not answering", "The NHS system that holds your referrals did not give an answer that we can use. This does not mean that you have no referrals.", tryLater}
	case ServiceUnavailable:
		return words{code, http.StatusServiceUnavailable, "Not available right now", "We cannot show your referrals right now. This does not mean that you have no referrals.", tryLater}
	case SignInUnavailable:
		return words{code, http.StatusServiceUnavailable, "NHS login not available", "NHS login is not answering right now.", "Try again in a few minutes."}
	case AuditUnavailable:
		return words{code, http.StatusServiceUnavailable, "Not available right now", "We show nothing that we cannot keep a record of, and right now we cannot.", tryLater}
	case UpstreamTimeout:
		return words{code, http.StatusGatewayTimeout, "NHS system too slow", "The NHS system that holds your referrals took too long to answer. This does not mean that you have no referrals.", tryLater}
	case StaffSignInRequired:
		return words{code, http.StatusUnauthorized, "Not signed in", "You need to sign in with your staff account to see this.", "Sign in at /audit/login."}
	case StaffSignInFailed:
		return words{code, http.StatusBadRequest, "Sign-in did not work", "We could not be sure who was signing in, so we stopped.", "Sign in again at /audit/login."}
	case StaffSignInUnavailable:
		return words{code, http.StatusServiceUnavailable, "Staff sign-in not available", "Your organisation's sign-in service is not answering right now.", "Try again in a few minutes."}
	case RoleRequired:
		return words{code, http.StatusForbidden, "Your account may not see this", "Your staff account does not have the role that this needs.", "Ask whoever manages accounts in your organisation."}
	case Internal:
	}
	return words{Internal, http.StatusInternalServerError, "Something went wrong", "Something went wrong on our side.", "Try again. If it goes on, tell us the correlation id."}
}
