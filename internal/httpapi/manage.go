package httpapi

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/patient-care-aggregator/aggregator/internal/aggregate"
	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/problem"
	"github.com/patient-care-aggregator/aggregator/internal/timeline"
)

// manageView is where a citizen can act on a referral.
type manageView struct {
	URL       string     `json:"url"`
	ExpiresAt *time.Time `json:"expiresAt"` // null: a plain link, which does not end
}

// manage is GET /v1/referrals/{id}/manage: it sends the browser on to Manage Your
// Referral.
func (s *server) manage(c *gin.Context) error {
	if mustCaller(c).Via != ViaCookie {
		return problem.New(problem.InsufficientScope, nil).WithDetail("An app asks for the link with POST and opens it itself.")
	}
	to, err := s.handOff(c)
	if err != nil {
		return err
	}
	redirect(c, http.StatusFound, to.URL)
	return nil
}

// manageLink is POST /v1/referrals/{id}/manage.
func (s *server) manageLink(c *gin.Context) error {
	to, err := s.handOff(c)
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, to)
	return nil
}

// handOff makes the link for one of the caller's own referrals. For the next half
// hour the sources are asked anew each time: the citizen may be changing there
// what is shown here.
func (s *server) handOff(c *gin.Context) (manageView, error) {
	const purpose = "manage"
	r, err := s.read(c, aggregate.Cached, purpose)
	if err != nil {
		return manageView{}, err
	}
	found, err := s.ownReferral(c, r, purpose, func(each timeline.Referral) bool {
		return each.ID == c.Param("id") && each.ManageURL != nil
	})
	if err != nil {
		return manageView{}, err
	}
	link, err := s.manageable(r.Result, found.ID)
	if err != nil {
		return manageView{}, s.refuse(c, problem.New(problem.NotFound, err), purpose, r.Result)
	}
	view := manageView{URL: link.String()}
	if s.d.AssertIdentity != nil && s.d.Now().Before(r.caller.Session.IDTokenExpires) {
		assertion, expires, err := s.d.AssertIdentity(r.caller.Session.IDTokenID)
		if err != nil {
			return manageView{}, problem.New(problem.Internal, err)
		}
		q := link.Query()
		q.Set("assertedLoginIdentity", assertion)
		link.RawQuery = q.Encode()
		expires = expires.UTC()
		view = manageView{link.String(), &expires}
	}
	if err := s.release(c, r, audit.DataReleased, purpose, []byte(found.ID), []timeline.Referral{found}); err != nil {
		return manageView{}, err
	}
	s.managed.note(r.caller.Citizen.Ref, s.d.Now())
	dataHeaders(c.Writer.Header())
	return view, nil
}

// manageable gives the source's link, if it leads where the deployment sends
// citizens: a link from outside that leads anywhere else is never followed.
func (s *server) manageable(result aggregate.Result, id string) (*url.URL, error) {
	for _, f := range result.Facts {
		if f.ID != id || f.ManageURL == "" {
			continue
		}
		link, err := url.Parse(f.ManageURL)
		if err == nil && link.User == nil && slices.Contains(s.d.ManageHosts, link.Host) &&
			(link.Scheme == "https" || (link.Scheme == "http" && !s.cookies.secure)) {
			return link, nil
		}
	}
	return nil, errors.New("the source's link leads to a host that is not allowed")
}

// managing remembers who was sent to Manage Your Referral.
type managing struct {
	mu sync.Mutex
	at map[citizen.Ref]time.Time
}

const managingFor = 30 * time.Minute

func (m *managing) note(ref citizen.Ref, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for other, at := range m.at {
		if now.Sub(at) > managingFor {
			delete(m.at, other)
		}
	}
	m.at[ref] = now
}

func (m *managing) recently(ref citizen.Ref, now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	at, ok := m.at[ref]
	return ok && now.Sub(at) <= managingFor
}
