package nhslogin

import (
	"errors"

	"github.com/patient-care-aggregator/aggregator/internal/problem"
)

// RedirectError is what NHS login's refusal on the way back means for the
// citizen (OpenID Connect Core 1.0, 3.1.2.6; NHS login interface specification).
// retry tells that the sign-in should go on in the open: it was tried silently
// (prompt=none) and the citizen is needed.
func RedirectError(code, description string) (retry bool, refusal error) {
	switch code {
	case "access_denied":
		if description == "ConsentNotGiven" {
			return false, problem.New(problem.SharingDeclined, nil)
		}
		return false, problem.New(problem.SignInFailed, errors.New("NHS login answered access_denied"))
	case "login_required", "interaction_required", "consent_required", "sso_login_required":
		return true, problem.New(problem.SignInRequired, errors.New("NHS login answered "+code))
	case "server_error", "temporarily_unavailable":
		return false, problem.New(problem.SignInUnavailable, errors.New("NHS login answered "+code))
	case "invalid_request", "unauthorized_client", "invalid_scope", "unsupported_response_type":
		return false, problem.New(problem.SignInUnavailable, errors.New("NHS login refused this service: "+code))
	}
	return false, problem.New(problem.SignInFailed, errors.New("NHS login answered with an unknown error code"))
}
