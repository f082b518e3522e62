package httpapi

import (
	"errors"
	"io"
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"github.com/patient-care-aggregator/aggregator/internal/client"
	"github.com/patient-care-aggregator/aggregator/internal/consent"
	"github.com/patient-care-aggregator/aggregator/internal/problem"
	"github.com/patient-care-aggregator/aggregator/web"
)

// consentForm is what the consent page sends.
type consentForm struct {
	action    string // grant or withdraw
	client    client.ID
	scopes    []consent.Scope // ticked
	notice    string          // version that was shown
	consentID string          // to withdraw
	returnTo  string          // own path; empty: nowhere
}

// decideConsent is POST /consent: the citizen agrees to what they ticked, or
// stops. Both take effect with the next request.
func (s *server) decideConsent(c *gin.Context) error {
	requestOf(c).SetReturnTo("/consent")
	form, err := readConsentForm(c)
	if err != nil {
		return err
	}
	if form.action == "withdraw" {
		return s.stopSharing(c, form)
	}
	return s.agree(c, form)
}

func (s *server) agree(c *gin.Context, form consentForm) error {
	caller := mustCaller(c)
	if _, err := s.d.Clients.Find(form.client); err != nil {
		return problem.New(problem.BadRequest, err).WithDetail("client is no app that is known here.")
	}
	if len(form.scopes) == 0 {
		if wantsPage(c) {
			return s.showConsents(c, http.StatusBadRequest, form.returnTo, form.client, web.NothingTicked)
		}
		return problem.New(problem.BadRequest, nil).WithDetail("scopes must name at least one thing to allow.")
	}
	_, _, err := s.d.Consents.Grant(c.Request.Context(), consent.Grant{
		Citizen: caller.Citizen.Ref, Client: form.client, Scopes: form.scopes, NoticeVersion: form.notice,
		Language: s.d.Notices.InForce().Language, Channel: "web", CorrelationID: correlationID(c),
	})
	if errors.Is(err, consent.ErrNoticeOutdated) && wantsPage(c) {
		return s.showConsents(c, http.StatusConflict, form.returnTo, form.client, web.NoticeOutdated)
	}
	if err != nil {
		return s.consentProblem(err)
	}
	c.Header("Cache-Control", "no-store")
	redirect(c, http.StatusSeeOther, s.afterAgreeing(caller, form))
	return nil
}

// afterAgreeing is where the browser goes on. A form may lead through redirects
// only within this service, so what could lead out of it (an app's own address,
// or NHS login where the sign-in has ended) is left to a link on the page.
func (s *server) afterAgreeing(caller Caller, form consentForm) string {
	to := form.returnTo
	if to == "" {
		to = "/consent"
		if form.client == client.Web {
			to = DefaultReturn
		}
	}
	if stays := to == "/consent" || to == "/" || to == DefaultReturn; stays && s.d.Now().Before(caller.Session.IDTokenExpires) {
		return to
	}
	return "/consent?" + url.Values{"return_to": {to}, "client": {string(form.client)}}.Encode()
}

func (s *server) stopSharing(c *gin.Context, form consentForm) error {
	caller := mustCaller(c)
	_, err := s.d.Consents.Withdraw(c.Request.Context(), caller.Citizen.Ref, form.consentID, caller.Client, correlationID(c))
	if err != nil {
		return s.consentProblem(err)
	}
	c.Header("Cache-Control", "no-store")
	redirect(c, http.StatusSeeOther, "/consent")
	return nil
}

// readConsentForm reads a bounded form of known fields, each but scopes once.
func readConsentForm(c *gin.Context) (consentForm, error) {
	wrong := problem.New(problem.BadRequest, nil).WithDetail("The body is not the form of the consent page.")
	if c.ContentType() != "application/x-www-form-urlencoded" {
		return consentForm{}, wrong
	}
	text, err := io.ReadAll(http.MaxBytesReader(c.Writer, c.Request.Body, maxBody))
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return consentForm{}, problem.New(problem.PayloadTooLarge, nil)
	}
	if err != nil {
		return consentForm{}, wrong
	}
	fields, err := url.ParseQuery(string(text))
	if err != nil {
		return consentForm{}, wrong
	}
	var form consentForm
	for name, values := range fields {
		if name != "scopes" && len(values) != 1 {
			return consentForm{}, wrong
		}
		switch name {
		case "action":
			form.action = values[0]
		case "client":
			form.client = client.ID(values[0])
		case "noticeVersion":
			form.notice = values[0]
		case "id":
			form.consentID = values[0]
		case "return_to":
			form.returnTo = values[0]
		case "scopes":
			for _, each := range values {
				form.scopes = append(form.scopes, consent.Scope(each))
			}
		default:
			return consentForm{}, wrong
		}
	}
	if form.action != "grant" && form.action != "withdraw" {
		return consentForm{}, wrong
	}
	form.returnTo, err = ownPath(form.returnTo)
	return form, err
}
