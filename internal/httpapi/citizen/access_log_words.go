package citizen

import (
	"strings"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/client"
	"github.com/patient-care-aggregator/aggregator/internal/httpapi"
	"github.com/patient-care-aggregator/aggregator/internal/wording"
)

const purposeAccessLog = "access-log"

// accessKinds are what a citizen is shown: every kind that can name them, but for
// upstream_asked and foreign_data, which are steps of the look that is listed next to
// them, and the steps of acts of staff, of which what was done is listed.
func accessKinds() []audit.Kind {
	var shown []audit.Kind
	for _, kind := range audit.Kinds() {
		switch kind {
		case audit.SignInRefused, audit.UpstreamAsked, audit.ForeignData, audit.Erased, audit.KeyChanged, audit.ConfigurationKnown, audit.Pruned, audit.ForkAccepted, audit.Moved,
			audit.Withheld, audit.ActProposed, audit.ActApproved, audit.ActRejected:
		default:
			shown = append(shown, kind)
		}
	}
	return shown
}

// accessWords put entries into words of one language.
type accessWords struct {
	set  *wording.Set
	lang wording.Lang
	apps Clients
}

func (a *API) words(lang wording.Lang) accessWords {
	return accessWords{set: a.d.Words(), lang: lang, apps: a.d.Clients}
}

func (w accessWords) who(e audit.Entry) accessWho {
	who := accessWho{ClientID: httpapi.OrNull(e.Client)}
	switch {
	case e.Actor == audit.ActorCitizen && (e.Client == "" || e.Client == client.Web):
		who.Kind = wording.WhoYou
	case e.Actor == audit.ActorCitizen:
		who.Kind, who.Display = "app", w.app(e.Client, w.lang)
		return who
	case strings.HasPrefix(string(e.Actor), "staff:"):
		who.Kind = wording.WhoAuditor
	case e.Actor == audit.ActorOperator:
		who.Kind = wording.WhoOperator
	default:
		who.Kind = wording.WhoService
	}
	who.Display = w.set.AccessWho(who.Kind, w.lang).String()
	return who
}

// app is what citizens know the client by.
func (w accessWords) app(id client.ID, lang wording.Lang) string {
	if id == "" {
		return w.set.AccessApp(wording.AppOwn, lang).String()
	}
	found, err := w.apps.Find(id)
	if err != nil {
		return w.set.AccessApp(wording.AppGone, lang).String()
	}
	return found.Name
}

func (w accessWords) what(e audit.Entry) accessWhat {
	key := string(e.Kind)
	switch {
	case e.Kind == audit.DataRefused && e.Outcome != audit.Refused:
		key = wording.WhatFailed
	case e.Kind == audit.DataRefused && e.Reason == "no_consent" && w.who(e).Kind == wording.WhoYou:
		key = wording.WhatNotYet
	}
	phrase, _ := w.set.AccessWhat(key) // every kind of accessKinds has words
	spoken := phrase.Spoken(w.lang)
	return accessWhat{string(e.Kind), phrase.In(spoken, "app", w.app(e.Client, spoken)).String()}
}

// why says what an act was for, or why it was refused; nil: nothing was recorded.
// An auditor's own words are not repeated: they may tell of others.
func (w accessWords) why(e audit.Entry) *accessWhat {
	code := e.Purpose
	if e.Outcome != audit.Succeeded && e.Reason != "" {
		code = e.Reason
	}
	switch {
	case e.Kind == audit.AuditorRead:
		code = "audit"
	case strings.HasPrefix(code, "subject-access"):
		code = "subject-access"
	case e.Kind == audit.HoldPlaced || e.Kind == audit.HoldLifted:
		code = "hold"
	}
	if code == "" {
		return nil
	}
	words, known := w.set.AccessWhy(code, w.lang)
	switch {
	case known:
	case e.Outcome != audit.Succeeded:
		words, _ = w.set.AccessWhy(wording.WhyFailed, w.lang)
	default:
		words, _ = w.set.AccessWhy(wording.WhyOther, w.lang)
	}
	return &accessWhat{code, words.String()}
}
