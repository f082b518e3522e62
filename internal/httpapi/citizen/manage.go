package citizen

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/httpapi"
	"github.com/patient-care-aggregator/aggregator/internal/problem"
	"github.com/patient-care-aggregator/aggregator/internal/release"
	"github.com/patient-care-aggregator/aggregator/internal/session"
	"github.com/patient-care-aggregator/aggregator/internal/timeline"
)

// Links are how citizens get to where they act on a referral.
type Links struct {
	// Hosts are where citizens may be sent.
	Hosts []string
	// AllowHTTP lets links without https through, for a service on loopback.
	AllowHTTP bool
	// AssertIdentity makes a one-time proof of who is signed in, for single sign-on
	// into another NHS service; nil: plain links.
	AssertIdentity func(idTokenID string) (assertion string, expires time.Time, err error)
}

// manageView is where a citizen can act on a referral.
type manageView struct {
	URL       string     `json:"url"`
	ExpiresAt *time.Time `json:"expiresAt"` // null: a plain link, which does not end
}

// manage is GET /v1/referrals/{id}/manage: it sends the browser on to Manage Your
// Referral.
func (a *API) manage(ctx context.Context, r *httpapi.Request) (httpapi.Answer, error) {
	if r.Caller().Via != session.ViaCookie {
		return nil, problem.New(problem.InsufficientScope, nil).WithDetail("An app asks for the link with POST and opens it itself.")
	}
	return a.handOff(ctx, r, func(to manageView) (release.Content, error) { return release.Content{Location: to.URL}, nil })
}

// manageLink is POST /v1/referrals/{id}/manage: the link, for an app that opens it
// itself.
func (a *API) manageLink(ctx context.Context, r *httpapi.Request) (httpapi.Answer, error) {
	return a.handOff(ctx, r, func(to manageView) (release.Content, error) {
		body, err := json.Marshal(to)
		return release.Content{Type: httpapi.TypeJSON, Body: body}, err
	})
}

// handOff returns the link for one of the caller's own referrals.
func (a *API) handOff(ctx context.Context, r *httpapi.Request, form func(manageView) (release.Content, error)) (httpapi.Answer, error) {
	return a.show(ctx, r, release.Request{Purpose: "manage", NoHistory: true, HandOff: true}, func(read release.Reading) (release.Content, error) {
		found, err := own(read, func(referral timeline.Referral) bool {
			return referral.ID == r.Param("id") && referral.ManageURL != nil
		})
		if err != nil {
			return release.Content{}, err
		}
		view, err := a.link(read, found.ID, r.Caller().Session)
		if err != nil {
			return release.Content{}, err
		}
		content, err := form(view)
		content.Sum, content.Referrals = sha256.Sum256([]byte(found.ID)), []string{found.ID} // an assertion is new each time
		return content, err
	})
}

func (a *API) link(read release.Reading, id string, s session.Session) (manageView, error) {
	to, err := a.allowed(read, id)
	if err != nil {
		return manageView{}, problem.New(problem.NotFound, err)
	}
	if a.d.Links.AssertIdentity == nil || !a.d.Now().Before(s.IDTokenExpires) {
		return manageView{URL: to.String()}, nil
	}
	assertion, expires, err := a.d.Links.AssertIdentity(s.IDTokenID)
	if err != nil {
		return manageView{}, fmt.Errorf("assert identity: %w", err)
	}
	q := to.Query()
	q.Set("assertedLoginIdentity", assertion)
	to.RawQuery = q.Encode()
	expires = expires.UTC()
	return manageView{to.String(), &expires}, nil
}

// allowed returns the source's link, if it leads where the deployment sends
// citizens: a link from outside that leads anywhere else is never followed.
func (a *API) allowed(read release.Reading, id string) (*url.URL, error) {
	for _, f := range read.Facts {
		if f.ID != id || f.ManageURL == "" {
			continue
		}
		link, err := url.Parse(f.ManageURL)
		if err == nil && link.User == nil && slices.Contains(a.d.Links.Hosts, link.Host) &&
			(link.Scheme == "https" || (link.Scheme == "http" && a.d.Links.AllowHTTP)) {
			return link, nil
		}
	}
	return nil, errors.New("the source's link leads to a host that is not allowed")
}
