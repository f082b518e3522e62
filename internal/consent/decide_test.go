package consent

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/patient-care-aggregator/aggregator/internal/client"
)

func TestDecide(t *testing.T) {
	now := start()
	granted := func(id string, client client.ID, notice string, scopes ...Scope) Event {
		return Event{ID: id, Kind: Granted, Client: client, Scopes: scopes, Notice: notice, At: now.Add(-time.Hour), ExpiresAt: now.Add(time.Hour)}
	}
	then := func(id string, kind Kind) Event { return Event{ID: id, Kind: kind, Client: app, At: now} }
	expired := granted("a", app, v1, TimelineRead)
	expired.ExpiresAt = now

	for name, c := range map[string]struct {
		events []Event
		notice string
		ask    []Scope
		want   Decision
	}{
		"nothing was ever granted": {
			ask:  []Scope{TimelineRead},
			want: Decision{Reason: ReasonNoConsent, Missing: []Scope{TimelineRead}},
		},
		"a consent to another client is not a consent to this one": {
			events: []Event{granted("a", other, v1, TimelineRead)}, ask: []Scope{TimelineRead},
			want: Decision{Reason: ReasonNoConsent, Missing: []Scope{TimelineRead}},
		},
		"what was granted is allowed": {
			events: []Event{granted("a", app, v1, TimelineRead)}, ask: []Scope{TimelineRead},
			want: Decision{Allowed: true, ConsentID: "a"},
		},
		"asking for nothing allows nothing": {
			events: []Event{granted("a", app, v1, TimelineRead)},
			want:   Decision{Reason: ReasonScopeMissing, ConsentID: "a"},
		},
		"a scope that was not granted is missing, the granted one is not": {
			events: []Event{granted("a", app, v2, TimelineRead)}, notice: v2, ask: []Scope{HistoryStore, TimelineRead},
			want: Decision{Reason: ReasonScopeMissing, Missing: []Scope{HistoryStore}, ConsentID: "a"},
		},
		"a withdrawn consent allows nothing": {
			events: []Event{granted("a", app, v1, TimelineRead), then("a", Withdrawn)}, ask: []Scope{TimelineRead},
			want: Decision{Reason: ReasonWithdrawn, Missing: []Scope{TimelineRead}, ConsentID: "a"},
		},
		"a consent's time is over at its end": {
			events: []Event{expired}, ask: []Scope{TimelineRead},
			want: Decision{Reason: ReasonExpired, Missing: []Scope{TimelineRead}, ConsentID: "a"},
		},
		"the later consent counts, even when it allows less": {
			events: []Event{granted("a", app, v2, TimelineRead, HistoryStore), granted("b", app, v2, HistoryStore)}, notice: v2, ask: []Scope{TimelineRead},
			want: Decision{Reason: ReasonScopeMissing, Missing: []Scope{TimelineRead}, ConsentID: "b"},
		},
		"an earlier consent withdrawn late leaves the later one": {
			events: []Event{granted("a", app, v1, TimelineRead), granted("b", app, v1, TimelineRead), then("a", Withdrawn)}, ask: []Scope{TimelineRead},
			want: Decision{Allowed: true, ConsentID: "b"},
		},
		"a renewal after the withdrawal revives nothing": {
			events: []Event{granted("a", app, v1, TimelineRead), then("a", Withdrawn), {ID: "a", Kind: Renewed, Client: app, Scopes: []Scope{TimelineRead}, Notice: v1, ExpiresAt: now.Add(time.Hour)}}, ask: []Scope{TimelineRead},
			want: Decision{Reason: ReasonWithdrawn, Missing: []Scope{TimelineRead}, ConsentID: "a"},
		},
		"an event under another client's name ends and renews nothing": {
			events: []Event{granted("a", app, v1, TimelineRead), {ID: "a", Kind: Withdrawn, Client: other}}, ask: []Scope{TimelineRead},
			want: Decision{Allowed: true, ConsentID: "a"},
		},
		"a newer notice that asks for no more of it leaves the consent": {
			events: []Event{granted("a", app, v1, TimelineRead)}, notice: v2, ask: []Scope{TimelineRead},
			want: Decision{Allowed: true, ConsentID: "a"},
		},
		"a newer notice that added a scope makes the older consent outdated for that scope only": {
			events: []Event{granted("a", app, v1, TimelineRead)}, notice: v2, ask: []Scope{TimelineRead, HistoryStore},
			want: Decision{Reason: ReasonNoticeOutdated, Missing: []Scope{HistoryStore}, ConsentID: "a"},
		},
		"a newer notice that asks for more of a scope makes the older consent outdated for it": {
			events: []Event{granted("a", app, v2, TimelineRead, HistoryStore)}, notice: v3, ask: []Scope{TimelineRead, HistoryStore},
			want: Decision{Reason: ReasonNoticeOutdated, Missing: []Scope{TimelineRead}, ConsentID: "a"},
		},
		"and leaves the other scopes": {
			events: []Event{granted("a", app, v2, TimelineRead, HistoryStore)}, notice: v3, ask: []Scope{HistoryStore},
			want: Decision{Allowed: true, ConsentID: "a"},
		},
		"no client can have a scope that no notice covers": {
			events: []Event{granted("a", app, v1, "all:everything")}, ask: []Scope{"all:everything"},
			want: Decision{Reason: ReasonNoticeOutdated, Missing: []Scope{"all:everything"}, ConsentID: "a"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if c.notice == "" {
				c.notice = v1
			}
			notice, err := notices(t, c.notice).Find(c.notice)
			if err != nil {
				t.Fatal(err)
			}
			if c.want.Reason == ReasonNoticeOutdated && c.ask[0] == "all:everything" {
				c.want.Reason = ReasonScopeMissing
			}
			c.want.Notice = c.notice
			if c.want.Missing == nil && !c.want.Allowed {
				c.want.Missing = []Scope{}
			}
			got := Decide(c.events, Question{Client: app, Scopes: c.ask, Notice: notice, Now: now})
			if len(got.Missing) == 0 && len(c.want.Missing) == 0 {
				got.Missing, c.want.Missing = nil, nil
			}
			got.NewestEvent, got.EndsAt = 0, time.Time{} // the next test is about these
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestADecisionNamesWhatItReliesOn(t *testing.T) {
	now := start()
	granted := func(seq int64, id string, by client.ID, life time.Duration) Event {
		return Event{Seq: seq, ID: id, Kind: Granted, Client: by, Scopes: []Scope{TimelineRead}, Notice: v1, At: now.Add(-time.Hour), ExpiresAt: now.Add(life)}
	}
	notice, err := notices(t, v1).Find(v1)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		events []Event
		newest int64
		ends   time.Time
	}{
		"nothing is allowed where there is no event": {},
		"nothing of another client":                  {events: []Event{granted(1, "a", other, time.Hour)}},
		"this client's newest event":                 {events: []Event{granted(1, "a", app, time.Hour), granted(2, "b", other, 3*time.Hour)}, newest: 1, ends: now.Add(time.Hour)},
		"the end of the consent that counts":         {events: []Event{granted(1, "a", app, time.Hour), granted(2, "b", app, 2*time.Hour)}, newest: 2, ends: now.Add(2 * time.Hour)},
		"an event that ends an older consent, too":   {events: []Event{granted(1, "a", app, time.Hour), granted(2, "b", app, 2*time.Hour), {Seq: 3, ID: "a", Kind: Withdrawn, Client: app, At: now}}, newest: 3, ends: now.Add(2 * time.Hour)},
	} {
		t.Run(name, func(t *testing.T) {
			got := Decide(c.events, Question{Client: app, Scopes: []Scope{TimelineRead}, Notice: notice, Now: now})
			if got.NewestEvent != c.newest || !got.EndsAt.Equal(c.ends) {
				t.Errorf("event %d, end %v", got.NewestEvent, got.EndsAt)
			}
		})
	}
}
