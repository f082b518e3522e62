package httpapi

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/client"
)

type accessLogView struct {
	Entries []accessView `json:"entries"`
	Next    *string      `json:"next"` // null: this was the last page
}

// accessView is one act on the citizen's information, in words for them.
type accessView struct {
	ID      string      `json:"id"`
	At      time.Time   `json:"at"`
	Who     accessWho   `json:"who"`
	What    accessWhat  `json:"what"`
	Why     *accessWhat `json:"why"` // null: no purpose was recorded
	Allowed bool        `json:"allowed"`
}

type accessWho struct {
	Kind     string     `json:"kind"`     // you, app, auditor, operator, service
	ClientID *client.ID `json:"clientId"` // the app; null: none took part
	Display  string     `json:"display"`
}

type accessWhat struct {
	Code    string `json:"code"`
	Display string `json:"display"`
}

// accessLog is GET /v1/access-log: who looked at the citizen's information, at
// what, when and why, newest first. It is the citizen's right (UK GDPR, Article
// 15), so it needs their session and no consent. As it tells them what is held
// about them, the look is logged as subject_access before the answer leaves.
//
// Entries of other citizens cannot come in: the filter is the session's own
// pseudonym, whatever the cursor says. What retention has removed is gone.
func (s *server) accessLog(c *gin.Context) error {
	caller := mustCaller(c)
	who := caller.Citizen
	p, err := readPage(c.Query("limit"), c.Query("cursor"))
	if err != nil {
		return err
	}
	found, next, err := s.find(c, audit.Filter{Citizen: who.Ref, Kinds: accessKinds(), NewestFirst: true}, p)
	if err != nil {
		return err
	}
	body := accessLogView{Entries: make([]accessView, len(found)), Next: next}
	for i, r := range found {
		e, err := r.Entry()
		if err != nil {
			return logUnreadable(err)
		}
		body.Entries[i] = s.accessView(e)
		body.Entries[i].ID = who.OpaqueID("access-log", strconv.FormatInt(r.Seq, 10))
	}
	look := s.entry(c, audit.SubjectAccess, audit.Succeeded)
	look.Purpose = purposeAccessLog
	decision, err := s.decided(c, caller)
	if err != nil {
		return err
	}
	if err := s.appendGuarded(c, ownGuardOf(caller, decision), purposeAccessLog, nil, look); err != nil {
		return err
	}
	dataHeaders(c.Writer.Header())
	c.Header("Content-Language", "en")
	c.JSON(http.StatusOK, body)
	return nil
}

func (s *server) accessView(e audit.Entry) accessView {
	v := accessView{
		At: e.At.UTC().Truncate(time.Second), Who: s.accessWho(e), Why: accessWhy(e), Allowed: e.Outcome == audit.Succeeded,
	}
	v.What = accessWhat{Code: string(e.Kind), Display: strings.ReplaceAll(accessWords(e.Kind, e.Outcome), appName, s.appName(e.Client))}
	return v
}

func (s *server) accessWho(e audit.Entry) accessWho {
	who := accessWho{ClientID: orNull(e.Client)}
	switch {
	case e.Actor == audit.ActorCitizen && (e.Client == "" || e.Client == client.Web):
		who.Kind, who.Display = "you", "You"
	case e.Actor == audit.ActorCitizen:
		who.Kind, who.Display = "app", s.appName(e.Client)
	case strings.HasPrefix(string(e.Actor), "staff:"):
		who.Kind, who.Display = "auditor", "An auditor of this service"
	case e.Actor == audit.ActorOperator:
		who.Kind, who.Display = "operator", "The team that runs this service"
	default:
		who.Kind, who.Display = "service", "This service"
	}
	return who
}

// appName is what citizens know the client by.
func (s *server) appName(id client.ID) string {
	if id == "" {
		return "this service"
	}
	found, err := s.d.Clients.Find(id)
	if err != nil {
		return "an app that is no longer connected"
	}
	return found.Name
}
