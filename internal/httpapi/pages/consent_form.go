package pages

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/patient-care-aggregator/aggregator/internal/client"
	"github.com/patient-care-aggregator/aggregator/internal/consent"
	"github.com/patient-care-aggregator/aggregator/internal/httpapi"
	"github.com/patient-care-aggregator/aggregator/internal/problem"
	"github.com/patient-care-aggregator/aggregator/internal/session"
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

// decide is POST /consent: the citizen agrees to what they ticked, or stops. Both
// take effect with the next request.
func (p *Pages) decide(ctx context.Context, r *httpapi.Request) (httpapi.Answer, error) {
	r.SetReturnTo("/consent")
	form, err := readConsentForm(r)
	if err != nil {
		return nil, err
	}
	if form.action == "withdraw" {
		return p.stopSharing(ctx, r, form)
	}
	return p.agree(ctx, r, form)
}

func (p *Pages) agree(ctx context.Context, r *httpapi.Request, form consentForm) (httpapi.Answer, error) {
	caller := r.Caller()
	_, _, err := p.d.Consents.Grant(ctx, consent.Grant{
		Citizen: caller.Citizen.Ref, Client: form.client, Scopes: form.scopes, NoticeVersion: form.notice,
		Channel: "web", CorrelationID: r.CorrelationID(),
	})
	again := consentsShown{returnTo: form.returnTo, asking: form.client}
	switch {
	case errors.Is(err, consent.ErrNoScope) && r.WantsPage():
		again.status, again.trouble = http.StatusBadRequest, web.NothingTicked
		return p.showConsents(ctx, r, again)
	case errors.Is(err, consent.ErrNoticeOutdated) && r.WantsPage():
		again.status, again.trouble = http.StatusConflict, web.NoticeOutdated
		return p.showConsents(ctx, r, again)
	case err != nil:
		return nil, err
	}
	return httpapi.Redirect(http.StatusSeeOther, p.afterAgreeing(caller, form)), nil
}

// afterAgreeing is where the browser goes on. A form may lead through redirects
// only within this service, so what could lead out of it (an app's own address,
// or NHS login where the sign-in has ended) is left to a link on the page.
func (p *Pages) afterAgreeing(caller session.Caller, form consentForm) string {
	to := form.returnTo
	if to == "" {
		to = "/consent"
		if form.client == client.Web {
			to = httpapi.DefaultReturn
		}
	}
	if stays := to == "/consent" || to == "/" || to == httpapi.DefaultReturn; stays && p.d.Now().Before(caller.Session.IDTokenExpires) {
		return to
	}
	return "/consent?" + url.Values{"return_to": {to}, "client": {string(form.client)}}.Encode()
}

func (p *Pages) stopSharing(ctx context.Context, r *httpapi.Request, form consentForm) (httpapi.Answer, error) {
	caller := r.Caller()
	if _, err := p.d.Consents.Withdraw(ctx, caller.Citizen.Ref, form.consentID, caller.Client, r.CorrelationID()); err != nil {
		return nil, err
	}
	return httpapi.Redirect(http.StatusSeeOther, "/consent"), nil
}

// readConsentForm reads a bounded form of known fields, each but scopes once.
func readConsentForm(r *httpapi.Request) (consentForm, error) {
	const expected = "The body is not the form of the consent page."
	wrong := problem.New(problem.BadRequest, nil).WithDetail(expected)
	fields, err := r.Form(expected)
	if err != nil {
		return consentForm{}, err
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
			for _, scope := range values {
				form.scopes = append(form.scopes, consent.Scope(scope))
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
