package httpapi

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/patient-care-aggregator/aggregator/internal/problem"
	"github.com/patient-care-aggregator/aggregator/web"
)

// problemPage is a problem for a person in a browser: the same status and headers
// as problem+json has, and one thing to press. ok is false where no page could be
// made; then the problem is written as for a program.
func (s *server) problemPage(c *gin.Context, p *problem.Error) (text []byte, ok bool) {
	_, signedIn := callerOf(c)
	text, err := s.d.Pages.Render(web.Frame{SignedIn: signedIn, CorrelationID: correlationID(c)}, problemView(c, p))
	return text, err == nil
}

func problemView(c *gin.Context, p *problem.Error) web.Problem {
	detail, nextStep := wordsForPeople(p)
	page := web.Problem{
		Title: p.Title(), Detail: detail, NextStep: nextStep,
		SharingDeclined: p.Code() == problem.SharingDeclined,
	}
	switch p.Code() {
	case problem.SignInExpired, problem.SignInFailed, problem.SignInRequired, problem.SessionExpired,
		problem.ReauthenticationRequired, problem.IdentityLevelTooLow, problem.SharingDeclined:
		page.SignIn = SignInAddress(wayBack(c))
	case problem.SignInUnavailable:
		page.Again = SignInAddress(wayBack(c))
	case problem.ConsentRequired:
		page.Consent = ConsentAddress(wayBack(c))
	default:
		if p.Status() >= http.StatusInternalServerError || p.Code() == problem.RateLimited {
			page.Again = wayBack(c)
		}
	}
	return page
}

// wordsForPeople are the problem's own, but for those that speak to who writes a
// program.
func wordsForPeople(p *problem.Error) (detail, nextStep string) {
	switch p.Code() {
	case problem.BadRequest:
		return "Something in the address or in what was sent is not right.", "Go to the start page and try again from there."
	case problem.MethodNotAllowed:
		return "This address does not work in that way.", "Go to the start page and try again from there."
	case problem.PayloadTooLarge:
		return "More was sent than this service takes.", "Go back and try again."
	case problem.NotFound:
		return "There is no page at this address, or it is not yours.", "Check the address, or go to the start page."
	case problem.RateLimited:
		return "You, or somebody near you, opened a lot of pages in a short time.", "Wait a minute, then try again."
	case problem.InsufficientScope:
		return "This page is only for people who sign in here themselves.", "Open it in a browser and sign in."
	case problem.Internal:
		return p.Detail(), "Try again in a few minutes. If it goes on, contact us and quote the reference below."
	}
	return p.Detail(), p.NextStep()
}
