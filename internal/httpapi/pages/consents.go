package pages

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"github.com/patient-care-aggregator/aggregator/internal/client"
	"github.com/patient-care-aggregator/aggregator/internal/consent"
	"github.com/patient-care-aggregator/aggregator/internal/httpapi"
	"github.com/patient-care-aggregator/aggregator/internal/problem"
	"github.com/patient-care-aggregator/aggregator/internal/release"
	"github.com/patient-care-aggregator/aggregator/web"
)

// consents is GET /consent?return_to=/path&client=id: what the citizen shares
// with whom, and where they agree or stop. client is who waits for an answer;
// absent: these pages.
func (p *Pages) consents(ctx context.Context, r *httpapi.Request) (httpapi.Answer, error) {
	returnTo, err := ownPath(r.Query("return_to"))
	if err != nil {
		return nil, err
	}
	asking := client.Web
	if r.Queries().Has("client") {
		asking = client.ID(r.Query("client"))
	}
	return p.showConsents(ctx, r, consentsShown{status: http.StatusOK, returnTo: returnTo, asking: asking})
}

// consentsShown is why the page is shown.
type consentsShown struct {
	status   int
	returnTo string // own path; empty: nowhere
	asking   client.ID
	trouble  web.Trouble
}

// ownPath checks where somebody wants to go back to; empty: nowhere.
func ownPath(path string) (string, error) {
	if path != "" && !httpapi.IsOwnPath(path) {
		return "", problem.New(problem.BadRequest, nil).WithDetail("return_to must be a path of this service, such as /timeline.")
	}
	return path, nil
}

func (p *Pages) showConsents(ctx context.Context, r *httpapi.Request, why consentsShown) (httpapi.Answer, error) {
	if _, err := p.d.Clients.Find(why.asking); err != nil {
		return nil, fmt.Errorf("%w: %w", consent.ErrUnknownClient, err)
	}
	list, err := p.d.Consents.List(ctx, r.Caller().Citizen.Ref)
	if err != nil {
		return nil, release.Unavailable(err)
	}
	inForce := p.d.Notices.InForce()
	notice, err := web.NewNotice(inForce.Version, inForce.Language, inForce.Text)
	if err != nil {
		return nil, err
	}
	page := web.Consent{ReturnTo: why.returnTo, Trouble: why.trouble, Notice: notice}
	for i, id := range clientsToShow(list, why.asking) {
		page.Clients = append(page.Clients, p.consentClient(id, "client-"+strconv.Itoa(i+1), list, inForce))
	}
	first := page.Clients[0]
	waiting := !slices.ContainsFunc(first.Shared, func(scope web.Scope) bool { return scope.Name == string(consent.TimelineRead) })
	page.Asking = waiting && (why.returnTo != "" || first.Ended == "" || why.trouble != web.NoTrouble)
	page.GoOn = !waiting && why.returnTo != ""
	text, err := p.render(r, page)
	if err != nil {
		return nil, err
	}
	return httpapi.Own(why.status, httpapi.TypeHTML, text), nil
}

// clientsToShow are who asks, these pages, and everybody else whom the citizen
// ever agreed to.
func clientsToShow(list []consent.Consent, asking client.ID) []client.ID {
	all := []client.ID{asking}
	add := func(id client.ID) {
		if !slices.Contains(all, id) {
			all = append(all, id)
		}
	}
	add(client.Web)
	for _, item := range list {
		add(item.Client)
	}
	return all
}

// consentClient says what a client may see: by the newest consent, which is the
// one that counts.
func (p *Pages) consentClient(id client.ID, anchor string, list []consent.Consent, notice consent.Notice) web.ConsentClient {
	own := id == client.Web
	view := web.ConsentClient{ID: string(id), Name: "An app that is not registered any more", Anchor: anchor, Own: own}
	found, err := p.d.Clients.Find(id)
	known := err == nil
	if known {
		view.Name = found.Name
	}
	var shared []consent.Scope
	if i := slices.IndexFunc(list, func(item consent.Consent) bool { return item.Client == id }); i >= 0 {
		latest := list[i]
		switch latest.Status {
		case consent.StatusActive, consent.StatusNoticeOutdated:
			shared = slices.DeleteFunc(slices.Clone(latest.Scopes), func(scope consent.Scope) bool { return slices.Contains(latest.Outdated, scope) })
			view.ConsentID, view.Since, view.Until = latest.ID, p.day(latest.GrantedAt), p.day(latest.ExpiresAt)
			if len(shared) == 0 {
				view.Ended = "changed"
			}
		case consent.StatusWithdrawn:
			view.Ended, view.EndedOn = "stopped", p.day(*latest.WithdrawnAt)
		case consent.StatusSuspended:
			view.Ended = "suspended"
		case consent.StatusExpired, consent.StatusSuperseded:
			view.Ended, view.EndedOn = "expired", p.day(latest.ExpiresAt)
		}
	}
	for _, scope := range scopesInOrder(notice) {
		if slices.Contains(shared, scope) {
			view.Shared = append(view.Shared, web.NewScope(string(scope), own))
		} else if known {
			view.Open = append(view.Open, web.NewScope(string(scope), own))
		}
	}
	return view
}

// scopesInOrder are those that the notice covers, what matters most first.
func scopesInOrder(notice consent.Notice) []consent.Scope {
	var all []consent.Scope
	for scope := range notice.HoldsSince {
		all = append(all, scope)
	}
	slices.Sort(all)
	if i := slices.Index(all, consent.TimelineRead); i > 0 {
		all = slices.Insert(slices.Delete(all, i, i+1), 0, consent.TimelineRead)
	}
	return all
}
