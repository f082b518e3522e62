package citizen

import (
	"errors"
	"strings"
	"testing"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/client"
	"github.com/patient-care-aggregator/aggregator/internal/wording"
	"github.com/patient-care-aggregator/aggregator/valuesets"
)

type noApps struct{}

func (noApps) Find(client.ID) (client.Client, error) { return client.Client{}, errors.New("no app") }

func wordsIn(t *testing.T, lang wording.Lang) accessWords {
	t.Helper()
	set, err := wording.Load(valuesets.FS(), wording.AllDrafts())
	if err != nil {
		t.Fatal(err)
	}
	return accessWords{set: set, lang: lang, apps: noApps{}}
}

func TestEveryKindThatACitizenIsShownHasWords(t *testing.T) {
	t.Parallel()
	shown := map[audit.Kind]bool{}
	for _, kind := range accessKinds() {
		shown[kind] = true
	}
	for _, lang := range []wording.Lang{wording.English, wording.Welsh} {
		w := wordsIn(t, lang)
		for _, kind := range audit.Kinds() {
			if _, known := w.set.AccessWhat(string(kind)); known != shown[kind] {
				t.Errorf("%s: words %v, shown %v", kind, known, shown[kind])
			}
			for _, outcome := range []audit.Outcome{audit.Succeeded, audit.Refused, audit.Failed} {
				v := w.view(audit.Entry{Kind: kind, Outcome: outcome, Actor: audit.ActorCitizen, Client: "gone", Purpose: "a-new-one"})
				if shown[kind] && (v.What.Display == "" || strings.Contains(v.What.Display, "{") || v.Who.Display == "" || v.Why == nil || v.Why.Display == "") {
					t.Errorf("%s %s in %s: %+v", kind, outcome, lang, v)
				}
			}
		}
	}
}

func TestAccessLogWords(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		e              audit.Entry
		lang           wording.Lang
		who, what, why string
	}{
		{audit.Entry{Kind: audit.DataReleased, Actor: audit.ActorCitizen, Outcome: audit.Succeeded, Purpose: "timeline"}, wording.English, "You", "Your information was shown in this service.", "To show your timeline."},
		{audit.Entry{Kind: audit.DataReleased, Actor: audit.ActorCitizen, Outcome: audit.Succeeded, Purpose: "timeline"}, wording.Welsh, "Chi", "Cafodd eich gwybodaeth ei dangos yn y gwasanaeth hwn.", "I ddangos eich llinell amser."},
		{audit.Entry{Kind: audit.DataRefused, Actor: audit.ActorCitizen, Client: "x", Outcome: audit.Refused, Reason: "withdrawn"}, wording.English, "an app that is no longer connected", "an app that is no longer connected asked for your information and was refused.", "You had taken your permission back."},
		{audit.Entry{Kind: audit.DataRefused, Actor: audit.ActorCitizen, Client: client.Web, Outcome: audit.Failed, Reason: "upstream_timeout"}, wording.English, "You", "an app that is no longer connected asked for your information. Nothing could be shown.", "The information could not be read."},
		{audit.Entry{Kind: audit.AuditorRead, Actor: "staff:x", Outcome: audit.Succeeded, Purpose: "Somebody complained about Huw."}, wording.English, "An auditor of this service", "An auditor looked at the record of who used your information. Auditors do not see your referrals.", "To check that your information was used as it should be."},
		{audit.Entry{Kind: audit.HoldPlaced, Actor: audit.ActorOperator, Outcome: audit.Succeeded}, wording.Welsh, "Y tîm sy'n rhedeg y gwasanaeth hwn", "Dywedwyd wrthym am gadw'r cofnod o bwy a ddefnyddiodd eich gwybodaeth. Ni chaiff ei ddileu nes i hynny ddod i ben.", "Mae angen ei gadw ar gyfer llys, ymchwiliad neu gŵyn."},
	} {
		v := wordsIn(t, c.lang).view(c.e)
		if v.Who.Display != c.who || v.What.Display != c.what || v.Why == nil || v.Why.Display != c.why {
			t.Errorf("%+v %+v", v, v.Why)
		}
	}
}
