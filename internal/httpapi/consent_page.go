package httpapi

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/patient-care-aggregator/aggregator/internal/client"
	"github.com/patient-care-aggregator/aggregator/internal/consent"
	"github.com/patient-care-aggregator/aggregator/internal/problem"
	"github.com/patient-care-aggregator/aggregator/web"
)

// consentPage is GET /consent?return_to=/path&client=id: what the citizen shares
// with whom, and where they agree or stop. client is who waits for an answer;
// absent: these pages.
func (s *server) consentPage(c *gin.Context) error {
	returnTo, err := ownPath(c.Query("return_to"))
	if err != nil {
		return err
	}
	return s.showConsents(c, http.StatusOK, returnTo, client.ID(c.DefaultQuery("client", string(client.Web))), web.NoTrouble)
}

// ownPath checks where somebody wants to go back to; empty: nowhere.
func ownPath(path string) (string, error) {
	if path != "" && !IsOwnPath(path) {
		return "", problem.New(problem.BadRequest, nil).WithDetail("return_to must be a path of this service, such as /timeline.")
	}
	return path, nil
}

func (s *server) showConsents(c *gin.Context, status int, returnTo string, asking client.ID, trouble web.Trouble) error {
	if _, err := s.d.Clients.Find(asking); err != nil {
		return problem.New(problem.BadRequest, err).WithDetail("client is no app that is known here.")
	}
	list, err := s.d.Consents.List(c.Request.Context(), mustCaller(c).Citizen.Ref)
	if err != nil {
		return problem.New(problem.ServiceUnavailable, err)
	}
	inForce := s.d.Notices.InForce()
	notice, err := web.NewNotice(inForce.Version, inForce.Language, inForce.Text)
	if err != nil {
		return err
	}
	page := web.Consent{ReturnTo: returnTo, Trouble: trouble, Notice: notice}
	for i, id := range clientsToShow(list, asking) {
		page.Clients = append(page.Clients, s.consentClient(id, "client-"+strconv.Itoa(i+1), list, inForce))
	}
	first := page.Clients[0]
	waiting := !slices.ContainsFunc(first.Shared, func(each web.Scope) bool { return each.Name == string(consent.TimelineRead) })
	page.Asking = waiting && (returnTo != "" || first.Ended == "" || trouble != web.NoTrouble)
	page.GoOn = !waiting && returnTo != ""
	text, err := s.render(c, page)
	if err != nil {
		return err
	}
	pageHeaders(c.Writer.Header())
	dataHeaders(c.Writer.Header())
	c.Data(status, TypeHTML, text)
	return nil
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
	for _, each := range list {
		add(each.Client)
	}
	return all
}

// consentClient tells how a client stands: by the newest consent, which is the
// one that counts.
func (s *server) consentClient(id client.ID, anchor string, list []consent.Consent, notice consent.Notice) web.ConsentClient {
	own := id == client.Web
	view := web.ConsentClient{ID: string(id), Name: "An app that is not registered any more", Anchor: anchor, Own: own}
	found, err := s.d.Clients.Find(id)
	known := err == nil
	if known {
		view.Name = found.Name
	}
	var shared []consent.Scope
	if i := slices.IndexFunc(list, func(each consent.Consent) bool { return each.Client == id }); i >= 0 {
		latest := list[i]
		switch latest.Status {
		case consent.StatusActive, consent.StatusNoticeOutdated:
			shared = slices.DeleteFunc(slices.Clone(latest.Scopes), func(each consent.Scope) bool { return slices.Contains(latest.Outdated, each) })
			view.ConsentID, view.Since, view.Until = latest.ID, s.day(latest.GrantedAt), s.day(latest.ExpiresAt)
			if len(shared) == 0 {
				view.Ended = "changed"
			}
		case consent.StatusWithdrawn:
			view.Ended, view.EndedOn = "stopped", s.day(*latest.WithdrawnAt)
		case consent.StatusExpired, consent.StatusSuperseded:
			view.Ended, view.EndedOn = "expired", s.day(latest.ExpiresAt)
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

func (s *server) day(at time.Time) string { return web.Day(at.In(s.london)) }
