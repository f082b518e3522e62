package httpapi

import (
	"errors"

	"github.com/patient-care-aggregator/aggregator/internal/nhslogin"
	"github.com/patient-care-aggregator/aggregator/internal/oidc"
	"github.com/patient-care-aggregator/aggregator/internal/problem"
	"github.com/patient-care-aggregator/aggregator/internal/staff"
	"github.com/patient-care-aggregator/aggregator/internal/wording"
)

// signInProblem is what the end of a sign-in means for citizens and for staff;
// empty where it cannot happen to them.
type signInProblem struct {
	err            error
	citizen, staff problem.Code
}

// signInProblems is the table of both sign-ins.
func signInProblems() []signInProblem {
	return []signInProblem{
		{oidc.ErrUnavailable, problem.SignInUnavailable, problem.StaffSignInUnavailable},
		{oidc.ErrExpired, problem.SignInExpired, problem.StaffSignInFailed},
		{oidc.ErrInvalid, problem.SignInFailed, problem.StaffSignInFailed},
		{oidc.ErrRefused, problem.SignInFailed, problem.StaffSignInFailed},
		{oidc.ErrLoginRequired, problem.SignInRequired, problem.StaffSignInFailed},
		{nhslogin.ErrSharingDeclined, problem.SharingDeclined, ""},
		{nhslogin.ErrIdentityLevel, problem.IdentityLevelTooLow, ""},
		{nhslogin.ErrUnder16, problem.Under16, ""},
		{nhslogin.ErrAgeUnknown, problem.AgeUnknown, ""},
		{nhslogin.ErrNoNHSNumber, problem.NoNHSNumber, ""},
		{staff.ErrSomebodyElse, "", problem.StaffSignInFailed},
		{staff.ErrRole, "", problem.RoleRequired},
		{staff.ErrWeakSignIn, "", problem.StaffSignInFailed},
	}
}

// SignInProblem is the problem of a citizen's sign-in that ended with err.
func SignInProblem(err error) *problem.Error {
	p := signInProblemOf(err, func(p signInProblem) problem.Code { return p.citizen })
	if errors.Is(err, nhslogin.ErrWeakSignIn) {
		return p.WithWords(wording.DetailWeakSignIn)
	}
	return p
}

// StaffSignInProblem is the problem of a staff sign-in that ended with err.
func StaffSignInProblem(err error) *problem.Error {
	p := signInProblemOf(err, func(p signInProblem) problem.Code { return p.staff })
	switch {
	case p.Code() == problem.ServiceUnavailable:
		return p.WithWords(wording.DetailStaffSignInUnfinished)
	case errors.Is(err, staff.ErrWeakSignIn):
		return p.WithWords(wording.DetailStaffWeakSignIn)
	}
	return p
}

func signInProblemOf(err error, code func(signInProblem) problem.Code) *problem.Error {
	var known *problem.Error
	if errors.As(err, &known) {
		return known
	}
	for _, p := range signInProblems() {
		if code(p) != "" && errors.Is(err, p.err) {
			return problem.New(code(p), err)
		}
	}
	// What is left is our own store.
	return problem.New(problem.ServiceUnavailable, err)
}
