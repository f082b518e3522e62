package httpapi

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/patient-care-aggregator/aggregator/internal/problem"
	"github.com/patient-care-aggregator/aggregator/internal/wording"
	"github.com/patient-care-aggregator/aggregator/web"
)

// problemPage is a problem for a person in a browser: the same status and headers
// as problem+json has, and one thing to press. ok is false where no page could be
// made; then the problem is written as for a program.
func (s *server) problemPage(c *gin.Context, p *problem.Error) (text []byte, ok bool) {
	_, signedIn := callerOf(c)
	text, err := s.d.Problems.Pages.Render(web.Frame{SignedIn: signedIn, CorrelationID: correlationID(c)}, s.problemView(c, p))
	return text, err == nil
}

func (s *server) problemView(c *gin.Context, p *problem.Error) web.Problem {
	words := s.d.Problems.Words().Problem(string(p.Code()), p.Words(), wording.ByPerson, requestOf(c).Lang())
	page := web.Problem{
		Title: words.Title, Detail: words.Detail, NextStep: words.NextStep,
		SharingDeclined: p.Code() == problem.SharingDeclined,
	}
	if help, ok := p.Members()["helpUrl"].(string); ok {
		page.Help = help
	}
	switch p.Code() {
	case problem.SignInExpired, problem.SignInFailed, problem.AnotherPerson, problem.SignInRequired, problem.SessionExpired,
		problem.ReauthenticationRequired, problem.IdentityLevelTooLow, problem.SharingDeclined:
		page.SignIn = SignInAddress(wayBack(c))
	case problem.SignInUnavailable:
		page.Again = SignInAddress(wayBack(c))
	case problem.ConsentRequired:
		page.Consent = ConsentAddress(wayBack(c))
	default:
		if p.Words() != wording.DetailNotSurelyYours && p.Status() >= http.StatusInternalServerError || p.Code() == problem.RateLimited {
			page.Again = wayBack(c)
		}
	}
	return page
}
